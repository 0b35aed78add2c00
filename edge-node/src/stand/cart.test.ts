import type { ProductId } from '@pulsera/firmware-protocol/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fault } from '../../test/answers.ts';
import { type Ask, BAR, Bar, BOSS, requestNo, SELLER, samplePlan, shiftNo } from '../../test/bar-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

const product = (id: string) => id as ProductId;

describe('a cart', () => {
  const quote = (lines: Ask<'quote'>['lines'], till = BAR) =>
    bar.ask('quote', { requestId: requestNo(1), lines }, till);

  it('is quoted with prices, deposits and the total', async () => {
    const lines = [
      { product: product('beer'), quantity: 2 },
      { product: product('cup'), quantity: 3 },
    ];
    expect(await quote(lines)).toMatchObject({
      outcome: 'quoted',
      plan: 1,
      currency: 'EUR',
      totalMinor: 900,
      lines: [
        { product: 'beer', name: 'Beer', unitMinor: 500, depositMinor: 100, totalMinor: 1200 },
        { product: 'cup', unitMinor: 0, depositMinor: -100, totalMinor: -300 },
      ],
    });
  });

  it('of what nobody or only another stand sells is a fault, and so is more than a wristband holds', async () => {
    expect(await quote([{ product: product('gold'), quantity: 1 }])).toEqual(fault('product-unknown'));
    expect(await bar.charge(1, undefined, { lines: [{ product: product('gold'), quantity: 1 }] })).toEqual(
      fault('product-unknown'),
    );
    expect(await quote([{ product: product('steak'), quantity: 1 }])).toEqual(fault('product-not-sold-here'));
    const dear = { product: product('beer'), quantity: 9999, overrideMinor: 0xff_ff_ff };
    expect(await quote([dear])).toEqual(fault('cart-too-large'));
  });

  it('at another price needs a supervisor, and both prices are journaled', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const lines = [{ product: product('beer'), quantity: 1, overrideMinor: 300 }];
    expect(await bar.charge(1, undefined, { lines })).toEqual(fault('supervisor-needed'));
    expect(await bar.charge(1, undefined, { lines, approvedBy: SELLER })).toEqual(fault('supervisor-needed'));
    expect(await bar.charge(1, chip, { lines, approvedBy: BOSS })).toMatchObject({ amountMinor: 400 });
    expect(bar.entries()[0]).toMatchObject({
      body: { effects: [{ approvedBy: BOSS, lines: [{ unitMinor: 300, listMinor: 500 }] }] },
    });
    const cup = [{ product: product('cup'), quantity: 1, overrideMinor: 300 }];
    expect(await bar.charge(2, undefined, { lines: cup, approvedBy: BOSS })).toEqual(
      fault('override-impossible'),
    );
  });

  it('of returned cups puts their deposit on the wristband', async () => {
    const chip = await bar.band(1);
    const lines = [{ product: product('cup'), quantity: 3 }];
    expect(await bar.charge(1, chip, { lines })).toMatchObject({ amountMinor: -300, balanceMinor: 300 });
  });

  it('names only staff the plan knows and the shift that is open', async () => {
    expect(await bar.charge(1, undefined, { operator: 'eve' as typeof SELLER })).toEqual(
      fault('operator-unknown'),
    );
    expect(await bar.charge(1, undefined, { shift: shiftNo(1) })).toEqual(fault('shift-not-open'));
  });

  it('keeps the prices of the plan it was asked under', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const answer = bar.charge(1);
    await bar.settle();
    const { SellingPlan } = await import('../plan/selling.ts');
    const dearer = samplePlan().products.map(each => ({
      ...each,
      priceMinor: each.kind === 'sale' ? 999 : 0,
    }));
    bar.plan = new SellingPlan(samplePlan({ version: 2, products: dearer }));
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ amountMinor: 600 });
    expect(bar.entries()[0]).toMatchObject({ body: { plan: 1 } });
  });
});
