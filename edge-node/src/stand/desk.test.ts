import type { ProductId } from '@pulsera/firmware-protocol/ids';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fault } from '../../test/answers.ts';
import { BAR, BAR_2, Bar, balanceOf, requestNo, tapNo } from '../../test/bar-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

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
