import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BAR, BAR_2, Bar, balanceOf, tapNo } from '../../test/bar-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

/** Holds the chip out and lets it be torn away in the middle of the write; the tap then waits for it. */
async function tear(atByte: number, n = 1, at = BAR) {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  bar.reader(at).arm(tearAtByte(atByte));
  const answer = bar.charge(n, chip, {}, at);
  await bar.settle();
  return { chip, answer };
}

const WRITTEN_BYTES = 16;

describe('a charge torn at any byte', () => {
  it.each(Array.from({ length: WRITTEN_BYTES }, (_, byte) => byte))(
    'of the write (%i), then the same wristband again: charged once',
    async byte => {
      const { chip, answer } = await tear(byte);
      expect(bar.story()).toEqual(['tap']);
      expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again', reason: null });
      await bar.reader().present(chip);
      expect(await answer).toMatchObject({ outcome: 'approved', amountMinor: 600, balanceMinor: 1400 });
      expect(balanceOf(chip)).toBe(1400);
      expect(bar.story()).toEqual(['tap', 'posted']);
      await bar.reader().remove();
      expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
    },
  );

  it('in its last byte, but whole: posted by sight, after the slot was written once more', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const answer = bar.charge(1, chip);
    await bar.settle();
    bar.reader().reset();
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    expect([bar.reader().scripts, bar.reader().pageWrites]).toEqual([2, 5]);
    expect(bar.entries().at(-1)).toMatchObject({ body: { outcome: 'posted', evidence: 'sight' } });
  });

  it('of which every page was acknowledged and none read back: not green before it is seen on the chip', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    // Password, reading, four pages; then the chip is gone.
    bar.reader().arm({ kind: 'removed', atExchange: 6 });
    const answer = bar.charge(1, chip);
    await bar.settle();
    expect(balanceOf(chip)).toBe(1400);
    expect([bar.results, bar.story()]).toEqual([[], ['tap']]);
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again' });
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    expect(bar.entries().at(-1)).toMatchObject({ body: { outcome: 'posted', evidence: 'sight' } });
  });

  it('with a page that reads well once and decays: still charged once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 2, weakReads: 1 });
    const answer = bar.charge(1, chip);
    await bar.settle();
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    await bar.reader().remove();
    expect(await bar.balance(2, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
  });

  it('and torn again while it is finished, many times', async () => {
    const { chip, answer } = await tear(5);
    for (const byte of [0, 3, 7, 13, 19]) {
      bar.reader().arm(tearAtByte(byte));
      await bar.reader().present(chip);
      await bar.settle();
    }
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    expect(bar.story()).toEqual(['tap', 'posted']);
  });
});

describe('after a torn charge', () => {
  it('another wristband is sent away and only the same one finishes it', async () => {
    const { chip, answer } = await tear(6);
    const other = await bar.band(2, { balanceMinor: 5000 });
    await bar.reader().present(other);
    await bar.settle();
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again', reason: 'other-chip' });
    await bar.reader().remove(other);
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved' });
    expect([balanceOf(chip), balanceOf(other)]).toEqual([1400, 5000]);
  });

  it('a cancel abandons it: unsettled, and the same answer for ever', async () => {
    const { chip, answer } = await tear(6);
    await bar.tell('cancel', { tapId: tapNo(1) });
    const unsettled = { tapId: tapNo(1), outcome: 'cancelled', chip: 'unsettled' };
    expect(await answer).toEqual(unsettled);
    expect(bar.story()).toEqual(['tap', 'abandoned']);
    await bar.restart();
    expect(await bar.charge(1, chip)).toEqual(unsettled);
    expect(await bar.ask('cancel', { tapId: tapNo(1) })).toEqual(unsettled);
    expect(await bar.balance(2, chip)).toMatchObject({ balanceMinor: 2000 });
  });

  it('running out of time abandons it', async () => {
    const { answer } = await tear(6);
    bar.timers.pass(30_000);
    expect(await answer).toMatchObject({ outcome: 'cancelled', chip: 'unsettled' });
    expect(bar.story()).toEqual(['tap', 'abandoned']);
  });

  it('and abandoned, the next tap of that wristband posts it by sight if it was whole', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const answer = bar.charge(1, chip);
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(1) });
    await answer;
    expect(await bar.charge(2, chip, {}, BAR_2)).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
    expect(bar.story()).toEqual(['tap', 'abandoned', 'posted', 'tap', 'posted']);
    expect(await bar.charge(1)).toMatchObject({ outcome: 'cancelled', chip: 'unsettled' });
  });

  it('and abandoned, the next tap of that wristband drops it by writing over it if it was not', async () => {
    const { chip, answer } = await tear(6);
    await bar.tell('cancel', { tapId: tapNo(1) });
    await answer;
    bar.reader(BAR_2).reset();
    expect(await bar.charge(2, chip, {}, BAR_2)).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
    // The torn slot is written whole, all five pages: none of them is to be relied on.
    expect(bar.reader(BAR_2).pageWrites).toBe(5);
    expect(bar.story()).toEqual(['tap', 'abandoned', 'tap', 'posted', 'dropped']);
    expect(bar.entries().at(-1)).toMatchObject({ body: { tap: tapNo(1), evidence: 'overwritten' } });
    expect(bar.journal.views.pendingCount()).toBe(0);
  });

  it('the till that goes on to another tap has let it go', async () => {
    const { answer } = await tear(6);
    bar.desk.onTerminalGone(BAR);
    await bar.settle();
    expect(bar.story()).toEqual(['tap']);
    const other = await bar.band(2, { balanceMinor: 900 });
    expect(await bar.charge(2, other)).toMatchObject({ outcome: 'approved' });
    expect(bar.story()).toEqual(['tap', 'abandoned', 'tap', 'posted']);
    expect(await bar.charge(1)).toMatchObject({ outcome: 'cancelled', chip: 'unsettled' });
    void answer;
  });

  it('a till that was gone comes back with the same tap id and goes on', async () => {
    const { chip } = await tear(6);
    bar.desk.onTerminalGone(BAR);
    await bar.settle();
    const other = await bar.band(2, { balanceMinor: 900 });
    const answer = bar.charge(1, other);
    await bar.settle();
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again', reason: 'other-chip' });
    await bar.reader().remove(other);
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
  });

  it('a tap at another till of the box posts it, and the first till shows that when it gives up', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const first = bar.charge(1, chip);
    await bar.settle();
    expect(await bar.charge(2, chip, {}, BAR_2)).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
    await bar.tell('cancel', { tapId: tapNo(1) });
    expect(await first).toMatchObject({ outcome: 'approved', amountMinor: 600, balanceMinor: 1400 });
    expect(bar.story()).toEqual(['tap', 'posted', 'tap', 'posted']);
  });

  it('a tap at another till of the box drops it, and the first till then takes any wristband anew', async () => {
    const { chip, answer } = await tear(6);
    await bar.charge(2, chip, {}, BAR_2);
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
    expect(bar.story()).toEqual(['tap', 'tap', 'posted', 'dropped', 'tap', 'posted']);
  });

  it('a wristband that another box wrote twice meanwhile is left to the cloud', async () => {
    const { chip, answer } = await tear(6);
    const elsewhere = new Bar();
    await elsewhere.charge(1, chip);
    await elsewhere.charge(2, chip);
    await elsewhere.close();
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'cancelled', chip: 'unsettled' });
    expect(bar.story()).toEqual(['tap', 'abandoned']);
    expect(balanceOf(chip)).toBe(800);
  });
});

describe('what else can go wrong in the field', () => {
  it('noise in an answer is tried again in the same tap', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    for (const [n, atExchange] of [0, 1, 2, 5, 6].entries()) {
      bar.reader().arm({ kind: 'bit-error', atExchange, bit: 1, slips: atExchange === 6 });
      expect(
        await bar.charge(n + 1, chip, { lines: [{ product: 'water' as never, quantity: 1 }] }),
      ).toMatchObject({
        outcome: 'approved',
      });
    }
    expect(balanceOf(chip)).toBe(1000);
    expect(bar.journal.views.pendingCount()).toBe(0);
  });

  it('a wristband lifted before it was read is asked for again', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'removed', atExchange: 1 });
    const answer = bar.charge(1, chip);
    await bar.settle();
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again' });
    expect(bar.story()).toEqual([]);
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved' });
  });

  it('a reader unplugged in the middle of a write leaves it open until it is back', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm({ kind: 'unplugged', atExchange: 4 });
    const answer = bar.charge(1, chip);
    await bar.settle();
    expect(bar.story()).toEqual(['tap']);
    expect(bar.results).toEqual([]);
    await bar.reader().remove();
    await bar.reader().plug();
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
  });
});

describe('a torn top-up', () => {
  it('keeps the cash in suspense, once, until it is on the wristband', async () => {
    const chip = await bar.band(1);
    bar.reader().arm(tearAtByte(6));
    const answer = bar.topUp(1, chip, 5000);
    await bar.settle();
    const books = () => Object.fromEntries(bar.journal.views.tillTotals(BAR));
    expect(books()).toEqual({ 'cash:bar-1': 5000, 'topup-suspense': -5000 });
    await bar.reader().present(chip);
    expect(await answer).toMatchObject({ outcome: 'approved', amountMinor: -5000, balanceMinor: 5000 });
    expect(books()).toMatchObject({ 'cash:bar-1': 5000, 'topup-suspense': 0, 'wallet-main': -5000 });
  });

  it('that was abandoned and written over keeps it there, for the cloud to give back', async () => {
    const chip = await bar.band(1);
    bar.reader().arm(tearAtByte(6));
    const answer = bar.topUp(1, chip, 5000);
    await bar.settle();
    await bar.tell('cancel', { tapId: tapNo(1) });
    await answer;
    expect(await bar.topUp(2, chip, 300, BAR_2)).toMatchObject({ outcome: 'approved', balanceMinor: 300 });
    expect(bar.story()).toEqual(['tap', 'abandoned', 'tap', 'posted', 'dropped']);
    expect(Object.fromEntries(bar.journal.views.tillTotals(BAR))).toEqual({
      'cash:bar-1': 5000,
      'topup-suspense': -5000,
    });
  });
});
