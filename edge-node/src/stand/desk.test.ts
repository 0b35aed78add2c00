import type { Epoch, ProductId, Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Ask,
  BAR,
  BAR_2,
  Bar,
  type BarOptions,
  BOSS,
  balanceOf,
  requestNo,
  SELLER,
  samplePlan,
  shiftNo,
  tapNo,
} from '../../test/bar-sample.ts';
import { BOX, cloudKey, EVENT, sha256, tapDraft } from '../../test/journal-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

async function renew(options: BarOptions): Promise<void> {
  await bar.close();
  bar = new Bar(options);
}

const books = (till = BAR) =>
  Object.fromEntries([...bar.journal.views.tillTotals(till)].filter(([, m]) => m !== 0));
const declined = (reason: string) => expect.objectContaining({ outcome: 'declined', reason });
const fault = (code: string) => expect.objectContaining({ outcome: 'fault', code });
const noOne = { operator: null, shift: null };
const product = (id: string) => id as ProductId;

describe('a message', () => {
  it.each(['', '{', '[1,', '"\\ud800', '{"a":1}}'])(
    '%j that is no JSON is malformed, and nobody is named',
    async text => {
      await bar.say('charge', text);
      expect(bar.results).toEqual([
        { requestId: null, outcome: 'fault', code: 'message-malformed', message: expect.any(String) },
      ]);
    },
  );

  it('in bytes that are no UTF-8 is malformed', async () => {
    await bar.desk.handle(BAR, 'charge', Uint8Array.of(0x22, 0xff, 0x22));
    expect(bar.results).toMatchObject([{ code: 'message-malformed' }]);
  });

  it('with an unknown field is refused by its path, and the request named', async () => {
    await bar.say('charge', JSON.stringify({ ...bar.cart(1), tip: 5 }));
    await bar.say(
      'quote',
      JSON.stringify({ requestId: requestNo(1), lines: [{ product: 'beer', quantity: 1, priceMinor: 1 }] }),
    );
    expect(bar.results).toEqual([
      { tapId: tapNo(1), outcome: 'fault', code: 'message-invalid', message: expect.stringContaining('tip') },
      {
        requestId: requestNo(1),
        outcome: 'fault',
        code: 'message-invalid',
        message: expect.stringMatching(/lines\.0: .*priceMinor/),
      },
    ]);
  });

  it.each([0, -1, 1_000_000_000, 1.5, '1', null])(
    'with a quantity of %j is refused by its path',
    async quantity => {
      await bar.say('charge', JSON.stringify({ ...bar.cart(1), lines: [{ product: 'beer', quantity }] }));
      expect(bar.results).toMatchObject([
        { tapId: tapNo(1), code: 'message-invalid', message: expect.stringContaining('lines.0.quantity') },
      ]);
    },
  );

  it('on a topic that is none, from a till the plan does not know, and without a plan', async () => {
    await bar.say('refund', '{}');
    await bar.tell('quote', { requestId: requestNo(1), lines: [] as never }, 'bar-9' as typeof BAR);
    await bar.tell('balance', { tapId: tapNo(1) }, 'bar-9' as typeof BAR);
    bar.plan = undefined;
    await bar.tell('balance', { tapId: tapNo(1) });
    expect(bar.results).toMatchObject([
      { code: 'message-unknown' },
      { code: 'message-invalid' },
      { tapId: tapNo(1), code: 'till-unknown' },
      { tapId: tapNo(1), code: 'plan-missing' },
    ]);
  });
});

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

describe('a cash-out', () => {
  const cashOut = (n: number, amountMinor: number | null = null): Ask<'cashout'> => ({
    ...noOne,
    tapId: tapNo(n),
    amountMinor,
  });
  const paid = (n: number, tap: number): Ask<'drawer-paid'> => ({
    requestId: requestNo(n),
    tapId: tapNo(tap),
    operator: null,
  });

  it('takes all but the bonus off the chip, and the drawer is paid once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000, bonusMinor: 500 });
    const answer = await bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1)));
    expect(answer).toMatchObject({
      outcome: 'approved',
      amountMinor: 2000,
      balanceMinor: 0,
      bonusMinor: 500,
    });
    expect(books()).toEqual({ 'wallet-main': 2000, 'cashout-payable': -2000 });
    expect(await bar.ask('drawer-paid', paid(1, 1))).toMatchObject({
      outcome: 'done',
      figures: { amountMinor: 2000 },
    });
    expect(books()).toEqual({ 'wallet-main': 2000, 'cash:bar-1': -2000 });
    expect(await bar.ask('drawer-paid', paid(1, 1))).toMatchObject({ outcome: 'done' });
    expect(await bar.ask('drawer-paid', paid(2, 1))).toEqual(fault('drawer-paid-already'));
    await bar.restart();
    expect(await bar.ask('drawer-paid', paid(1, 1))).toMatchObject({ figures: { amountMinor: 2000 } });
    expect(await bar.ask('drawer-paid', paid(3, 1))).toEqual(fault('drawer-paid-already'));
    expect(bar.story()).toEqual(['tap', 'posted', 'drawer-paid']);
  });

  it('asked for twice at once is paid once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1, 500)));
    const both = await Promise.all([bar.ask('drawer-paid', paid(1, 1)), bar.ask('drawer-paid', paid(2, 1))]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['done', 'fault']);
  });

  it('is not paid out when it is no cash-out, not green, or of another till', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    bar.reader().arm(tearAtByte(6));
    const torn = bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(2, 100)));
    await bar.settle();
    for (const tap of [1, 2, 3])
      expect(await bar.ask('drawer-paid', paid(tap, tap))).toEqual(fault('cash-out-unknown'));
    await bar.tell('cancel', { tapId: tapNo(2) });
    await torn;
    expect(await bar.ask('drawer-paid', paid(4, 2))).toEqual(fault('cash-out-unknown'));
    await bar.withChip(chip, BAR_2, () => bar.ask('cashout', cashOut(5, 100), BAR_2));
    expect(await bar.ask('drawer-paid', paid(5, 5))).toEqual(fault('cash-out-unknown'));
  });

  it('that was dropped is not paid out, nor is one that no box ever made', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm(tearAtByte(6));
    void bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1, 500)));
    await bar.settle();
    await bar.charge(2, chip, {}, BAR_2);
    expect(bar.journal.views.tapAnswer(tapNo(1))?.state).toBe('dropped');
    for (const till of [BAR, BAR_2]) {
      expect(await bar.ask('drawer-paid', paid(till === BAR ? 1 : 2, 1), till)).toEqual(
        fault('cash-out-unknown'),
      );
    }
    expect(await bar.ask('drawer-paid', paid(3, 77))).toEqual(fault('cash-out-unknown'));
    expect(bar.story()).not.toContain('drawer-paid');
  });

  it('that was given up is not paid out, though it is found on the chip later: the guest gets it online', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const torn = bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(1, 500)));
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(1) });
    await torn;
    expect(await bar.balance(2, chip)).toMatchObject({ balanceMinor: 1500 });
    expect(bar.journal.views.tapAnswer(tapNo(1))).toMatchObject({ state: 'posted', abandoned: true });
    expect(await bar.ask('drawer-paid', paid(1, 1))).toEqual(fault('cash-out-unknown'));
    expect(bar.story()).not.toContain('drawer-paid');
  });

  it('of nothing, or of more than there is, is declined', async () => {
    const [poor, chip] = [await bar.band(1, { bonusMinor: 50 }), await bar.band(2, { balanceMinor: 10 })];
    expect(await bar.withChip(poor, BAR, () => bar.ask('cashout', cashOut(1)))).toEqual(
      declined('cash-out-nothing'),
    );
    expect(await bar.withChip(chip, BAR, () => bar.ask('cashout', cashOut(2, 11)))).toEqual(
      declined('insufficient-balance'),
    );
  });
});

describe('a reversal', () => {
  const reverse = (n: number, of: number): Ask<'reverse'> => ({
    ...noOne,
    tapId: tapNo(n),
    ofTapId: tapNo(of),
  });

  it('puts back what was paid, bonus as bonus, and undoes the books, once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000, bonusMinor: 100 });
    await bar.charge(1, chip);
    const answer = await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    expect(answer).toMatchObject({
      outcome: 'approved',
      amountMinor: -600,
      balanceMinor: 2000,
      bonusMinor: 100,
    });
    expect(books()).toEqual({});
    expect(await bar.ask('reverse', reverse(3, 1))).toEqual(declined('reversal-done'));
    expect(await bar.ask('reverse', reverse(2, 1))).toEqual(answer);
    await bar.restart();
    expect(await bar.ask('reverse', reverse(4, 1), BAR_2)).toEqual(declined('reversal-done'));
  });

  it('is done also while it is pending, and by the same tap id goes on', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    bar.reader().arm(tearAtByte(6));
    const answer = bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    await bar.settle();
    expect(await bar.withChip(undefined, BAR_2, () => bar.ask('reverse', reverse(3, 1), BAR_2))).toEqual(
      declined('reversal-done'),
    );
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 2000 });
  });

  it('asked for at two tills goes to the one whose reader the wristband comes to', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    const slow = bar.ask('reverse', reverse(3, 1), BAR_2);
    await bar.settle();
    await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    await bar.reader(BAR_2).present(chip);
    expect(await slow).toEqual(declined('reversal-done'));
    expect(balanceOf(chip)).toBe(2000);
  });

  it('that was dropped leaves the sale to be reversed', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.charge(1, chip);
    bar.reader().arm(tearAtByte(6));
    const torn = bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(2, 1)));
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(2) });
    await torn;
    expect(await bar.ask('reverse', reverse(3, 1))).toEqual(declined('reversal-done'));
    await bar.charge(4, chip);
    expect(await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(3, 1)))).toEqual(
      declined('reversal-done'),
    );
    expect(await bar.withChip(chip, BAR, () => bar.ask('reverse', reverse(5, 1)))).toMatchObject({
      outcome: 'approved',
    });
  });

  it('needs no cloud for sales of this box, that were green, and the wristband that paid', async () => {
    const [chip, other] = [
      await bar.band(1, { balanceMinor: 2000 }),
      await bar.band(2, { balanceMinor: 2000 }),
    ];
    bar.cutOffSinceMs = 1;
    expect(await bar.ask('reverse', reverse(9, 1))).toEqual(declined('reversal-needs-cloud'));
    await bar.topUp(1, chip, 500);
    expect(await bar.ask('reverse', reverse(8, 1))).toEqual(declined('reversal-unknown'));
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const torn = bar.charge(2, chip);
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(2) });
    await torn;
    await bar.balance(3, chip);
    expect(await bar.ask('reverse', reverse(7, 2))).toEqual(declined('reversal-unknown'));
    await bar.charge(4, chip);
    expect(await bar.withChip(other, BAR, () => bar.ask('reverse', reverse(6, 4)))).toEqual(
      declined('reversal-other-chip'),
    );
  });
});

describe('a shift', () => {
  const open = (n: number, shift = n): Ask<'shift'> => ({
    requestId: requestNo(n),
    action: 'open',
    shift: shiftNo(shift),
    operator: SELLER,
    floatMinor: 10_000,
  });
  const close = (n: number, countedMinor: number, shift = 1): Ask<'shift'> => ({
    requestId: requestNo(n),
    action: 'close',
    shift: shiftNo(shift),
    operator: SELLER,
    countedMinor,
  });

  it('ends with what should be in the drawer, also across a restart, and books the difference', async () => {
    const chip = await bar.band(1);
    await bar.topUp(1, chip, 700);
    expect(await bar.ask('shift', open(1))).toMatchObject({
      outcome: 'done',
      figures: { floatMinor: 10_000 },
    });
    await bar.topUp(2, chip, 5000);
    await bar.restart();
    await bar.withChip(chip, BAR, () =>
      bar.ask('cashout', { ...noOne, tapId: tapNo(3), amountMinor: 1500, shift: shiftNo(1) }),
    );
    await bar.ask('drawer-paid', { requestId: requestNo(9), tapId: tapNo(3), operator: SELLER });
    expect(await bar.ask('shift', close(2, 13_400))).toMatchObject({
      figures: { expectedMinor: 13_500, countedMinor: 13_400, differenceMinor: -100 },
    });
    expect(books()).toMatchObject({ 'cash:bar-1': 700 + 5000 - 1500 - 100, unattributed: 100 });
    expect(await bar.ask('shift', close(3, 1))).toEqual(fault('shift-not-open'));
  });

  it('counts the cash whose entry is on its way to disk when it is closed, and not what comes after', async () => {
    await bar.ask('shift', open(1));
    const cash = (n: number, amountMinor: number) => {
      const effects = [{ kind: 'cash-topup' as const, amountMinor, tender: 'cash' as const }];
      const held = postings([accounts.cash(BAR), amountMinor], [accounts.topupSuspense, -amountMinor]);
      return bar.journal.append([tapDraft(n, { effects, held, posted: postings() })]);
    };
    const before = cash(1, 500);
    const closed = bar.ask('shift', close(2, 10_600));
    // Microtasks only: all three share one commit.
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await Promise.all([before, cash(2, 70)]);
    expect(await closed).toMatchObject({ figures: { expectedMinor: 10_500, differenceMinor: 100 } });
    expect(bar.story()).toEqual(['shift-opened', 'tap', 'shift-closed', 'tap']);
    expect(books()).toMatchObject({ 'cash:bar-1': 500 + 100 + 70 });
  });

  it('asked to end again, also after a restart, says what it said, and an extended cap is extended once', async () => {
    const extension: Ask<'shift'> = {
      requestId: requestNo(7),
      action: 'extend-cap',
      approvedBy: BOSS,
      cap: 'box-offline',
      byMinor: 50,
    };
    await bar.ask('shift', open(1));
    const ended = await bar.ask('shift', close(2, 9990));
    const extended = await bar.ask('shift', extension);
    expect([ended, extended]).toMatchObject([
      { figures: { expectedMinor: 10_000, countedMinor: 9990, differenceMinor: -10 } },
      { figures: { byMinor: 50 } },
    ]);
    await bar.restart();
    expect(await bar.ask('shift', close(2, 9990))).toEqual(ended);
    expect(await bar.ask('shift', extension)).toEqual(extended);
    expect(await bar.ask('shift', { ...extension, byMinor: 60 })).toEqual(fault('request-id-reused'));
    expect(await bar.ask('shift', extension, BAR_2)).toEqual(fault('request-id-reused'));
    expect(bar.story()).toEqual(['shift-opened', 'shift-closed', 'cap-extended']);
    bar.journal.rebuild();
    expect(await bar.ask('shift', extension)).toEqual(extended);
  });

  it('asked to end twice at once ends once', async () => {
    await bar.ask('shift', open(1));
    const both = await Promise.all([bar.ask('shift', close(2, 10_000)), bar.ask('shift', close(3, 9000))]);
    expect(both).toEqual([expect.objectContaining({ outcome: 'done' }), fault('shift-not-open')]);
    expect(bar.story()).toEqual(['shift-opened', 'shift-closed']);
  });

  it('is one at a till, opened once however often it is asked for', async () => {
    await bar.ask('shift', open(1));
    expect(await bar.ask('shift', open(1))).toMatchObject({ outcome: 'done' });
    expect(await bar.ask('shift', open(2, 1))).toMatchObject({ outcome: 'done' });
    expect(await bar.ask('shift', open(3, 2))).toEqual(fault('shift-open-already'));
    expect(bar.story()).toEqual(['shift-opened']);
    expect(await bar.ask('shift', close(4, 10_000, 2))).toEqual(fault('shift-not-open'));
    expect(await bar.ask('shift', { ...open(5), operator: 'eve' } as never)).toEqual(
      fault('operator-unknown'),
    );
  });
});

describe('a cap', () => {
  const caps = (change: object) =>
    samplePlan({
      caps: { chargeMinor: 1200, chipMinor: 50_000, boxOfflineMinor: 3000, terminalMinor: 2000, ...change },
    });
  const extend = (n: number, cap: 'box-offline' | 'terminal', approvedBy = BOSS): Ask<'shift'> => ({
    requestId: requestNo(n),
    action: 'extend-cap',
    approvedBy,
    cap,
    byMinor: 1000,
  });

  it('of one charge, and of what a wristband holds', async () => {
    await renew({ plan: caps({ chipMinor: 2500 }) });
    const chip = await bar.band(1, { balanceMinor: 2000 });
    expect(await bar.charge(1, chip, bar.cart(1, 3))).toMatchObject({
      reason: 'charge-cap',
      figures: { limitMinor: 1200 },
    });
    expect(await bar.topUp(2, chip, 501)).toMatchObject({ reason: 'chip-cap' });
    expect(await bar.topUp(3, chip, 500)).toMatchObject({ outcome: 'approved' });
  });

  it('of a cut-off box is counted from the last checkpoint, warns before, and a supervisor extends it', async () => {
    await renew({ plan: caps({}) });
    const chip = await bar.band(1, { balanceMinor: 20_000 });
    for (const n of [1, 2]) await bar.charge(n, chip, bar.cart(n, 2));
    expect(bar.desk.boxState()).toMatchObject({
      cutOffSinceMs: null,
      offlineCapPercent: 0,
      plan: 1,
      hasRoom: true,
    });
    bar.cutOffSinceMs = 5;
    expect(bar.desk.boxState()).toMatchObject({ cutOffSinceMs: 5, offlineCapPercent: 80 });
    expect(await bar.charge(3, chip)).toMatchObject({ outcome: 'approved' });
    expect(await bar.charge(4, chip)).toMatchObject({ reason: 'box-cap', figures: { limitMinor: 3000 } });
    // Money may still go on it.
    expect(await bar.topUp(5, chip, 100)).toMatchObject({ outcome: 'approved' });
    expect(await bar.ask('shift', extend(1, 'box-offline', SELLER))).toEqual(fault('supervisor-needed'));
    expect(await bar.ask('shift', extend(2, 'box-offline'))).toMatchObject({
      figures: { byMinor: 1000, limitMinor: 4000 },
    });
    await bar.restart();
    expect(bar.desk.boxState()).toMatchObject({ offlineCapPercent: 75 });
    expect(await bar.charge(6, chip)).toMatchObject({ outcome: 'approved' });
    expect(await bar.charge(7, chip)).toEqual(declined('box-cap'));
    acknowledgeAll();
    expect(bar.desk.boxState()).toMatchObject({ offlineCapPercent: 0 });
    expect(await bar.charge(8, chip)).toMatchObject({ outcome: 'approved' });
  });

  it('of a till with a reader of its own counts both ways, and is its own', async () => {
    await renew({ plan: caps({}), via: 'terminal' });
    const chip = await bar.band(1, { balanceMinor: 20_000 });
    await bar.charge(1, chip);
    await bar.topUp(2, chip, 1000);
    expect(bar.entries()[0]).toMatchObject({ body: { via: 'terminal' } });
    expect(await bar.charge(3, chip)).toMatchObject({
      reason: 'terminal-cap',
      figures: { limitMinor: 2000 },
    });
    expect(await bar.charge(4, chip, {}, BAR_2)).toMatchObject({ outcome: 'approved' });
    await bar.ask('shift', extend(1, 'terminal'));
    expect(await bar.charge(5, chip)).toMatchObject({ outcome: 'approved' });
  });

  it('is not passed by two tills that decide before either is on disk', async () => {
    await renew({ plan: caps({ boxOfflineMinor: 1000 }) });
    bar.cutOffSinceMs = 5;
    const chips = [await bar.band(1, { balanceMinor: 5000 }), await bar.band(2, { balanceMinor: 5000 })];
    const append = bar.journal.append.bind(bar.journal);
    let goOn: () => void = () => undefined;
    const disk = new Promise<void>(resolve => {
      goOn = resolve;
    });
    bar.journal.append = async (...call) => await disk.then(() => append(...call));
    const both = [bar.charge(1, chips[0]), bar.charge(2, chips[1], {}, BAR_2)];
    await bar.settle();
    goOn();
    expect((await Promise.all(both)).map(({ outcome }) => outcome).sort()).toEqual(['approved', 'declined']);
    expect(bar.journal.views.exposure().takenMinor).toBe(600);
  });

  it('gives back the room of a write that was dropped', async () => {
    await renew({ plan: caps({}), via: 'terminal' });
    const chip = await bar.band(1, { balanceMinor: 20_000 });
    bar.reader().arm(tearAtByte(6));
    const torn = bar.charge(1, chip, bar.cart(1, 2));
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(1) });
    await torn;
    expect(await bar.charge(2, chip, bar.cart(2, 2))).toEqual(declined('terminal-cap'));
    await bar.charge(3, chip, {}, BAR_2);
    expect(await bar.charge(4, chip, bar.cart(4, 2))).toMatchObject({ outcome: 'approved' });
  });

  /** The cloud's checkpoint over everything. */
  function acknowledgeAll(): void {
    let hash = genesis(EVENT, BOX, 1 as Epoch, sha256);
    for (const content of bar.journal.entriesAfter(0 as Seq, 1e6, 1e9))
      hash = entryHash(hash, content, sha256);
    const head = { event: EVENT, box: BOX, epoch: 1 as Epoch, seq: bar.journal.lastSeq, hash, wallMs: 1 };
    bar.journal.acceptCheckpoint(head, signHead('pulsera/checkpoint', head, cloudKey.sign));
  }
});

describe('a full disk', () => {
  it('refuses a tap before the chip is touched, finishes the one that was interrupted, and sells on by itself', async () => {
    const [chip, other] = [
      await bar.band(1, { balanceMinor: 50_000 }),
      await bar.band(2, { balanceMinor: 2000 }),
    ];
    bar.reader(BAR_2).arm(tearAtByte(6));
    const torn = bar.charge(9001, other, {}, BAR_2);
    await bar.settle();
    bar.journal.limitPages(1);
    // Long entries that no tap waits for take what is left at once; charges alone would take half a minute to get there.
    const filling = {
      kind: 'fault' as const,
      body: { code: 'printer-out-of-paper', till: null, message: 'x'.repeat(500) },
    };
    const fill = () =>
      bar.journal.append(Array.from({ length: 20 }, () => filling)).then(
        () => true,
        () => false,
      );
    while (await fill());
    let n = 0;
    let answer = await bar.charge(n, chip);
    while (answer.outcome === 'approved' && n < 200)
      answer = await bar.charge(++n, chip, { lines: [{ product: product('cup'), quantity: 1 }] });
    expect(answer).toEqual(fault('disk-full'));
    expect(bar.desk.boxState()).toMatchObject({ hasRoom: false });
    const [scripts, balanceMinor] = [bar.reader().scripts, balanceOf(chip)];
    expect(await bar.charge(n, chip)).toEqual(fault('disk-full'));
    expect([bar.reader().scripts, balanceOf(chip)]).toEqual([scripts, balanceMinor]);

    await bar.reader(BAR_2).present(other);
    expect(await torn).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });

    bar.journal.limitPages(100_000);
    expect(await bar.charge(n, chip)).toMatchObject({ outcome: 'approved' });
  });
});
