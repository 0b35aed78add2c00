/** Taps that ended while nobody was there to hear it, or that somebody else ended. */
import type { Epoch } from '@pulsera/firmware-protocol/ids';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BAR, BAR_2, Bar, balanceOf, requestNo, tapNo } from '../../test/bar-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

/** On the chip as a whole, and nobody knows it. */
const WHOLE = { kind: 'tear', atWrite: 3, programmed: 4 } as const;
const unsettled = { outcome: 'cancelled', chip: 'unsettled' };

/** The till vanishes over its interrupted tap. */
async function vanish(): Promise<void> {
  bar.desk.onTerminalGone(BAR);
  await bar.settle();
}
/** It is back and sells on, without a word of the tap before. */
async function goOn(n = 9): Promise<void> {
  expect(await bar.charge(n, await bar.band(n, { balanceMinor: 900 }))).toMatchObject({
    outcome: 'approved',
  });
}
const isAbandoned = (n: number) => bar.journal.views.tapAnswer(tapNo(n))?.abandoned;

describe('a till that was gone when its tap was settled elsewhere', () => {
  let chip: VirtualChip;
  beforeEach(async () => {
    chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm(WHOLE);
    void bar.charge(1, chip);
    await bar.settle();
    await vanish();
    expect(await bar.balance(2, chip, BAR_2)).toMatchObject({ balanceMinor: 1400 });
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('and goes on to another tap has shown no green: abandoned, so that the guest gets it back', async () => {
    await goOn();
    expect(bar.story()).toEqual(['tap', 'posted', 'abandoned', 'tap', 'posted']);
    expect(await bar.charge(1)).toMatchObject(unsettled);
  });

  it('and asks for it again shows green: it stays sold', async () => {
    expect(await bar.charge(1)).toMatchObject({ outcome: 'approved', amountMinor: 600 });
    await goOn();
    expect(isAbandoned(1)).toBe(false);
  });

  it('and goes on after somebody has reversed it: nothing is given back twice', async () => {
    const reversal = { tapId: tapNo(3), ofTapId: tapNo(1), operator: null, shift: null };
    await bar.withChip(chip, BAR_2, () => bar.ask('reverse', reversal, BAR_2));
    expect(balanceOf(chip)).toBe(2000);
    await goOn();
    expect(isAbandoned(1)).toBe(false);
  });
});

it('cash of a top-up that was written over while its till was gone stays in suspense, to be given back', async () => {
  const chip = await bar.band(1);
  bar.reader().arm(tearAtByte(6));
  void bar.topUp(1, chip, 5000);
  await bar.settle();
  await vanish();
  expect(await bar.topUp(2, chip, 300, BAR_2)).toMatchObject({ outcome: 'approved', balanceMinor: 300 });
  await goOn();
  expect(isAbandoned(1)).toBe(true);
  expect(Object.fromEntries(bar.journal.views.tillTotals(BAR))).toMatchObject({
    'cash:bar-1': 5000,
    'topup-suspense': -5000,
  });
});

it('a cash-out that was answered and handed over is not touched by what its till does later', async () => {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  bar.reader().arm(WHOLE);
  void bar.withChip(chip, BAR, () =>
    bar.ask('cashout', { tapId: tapNo(1), operator: null, shift: null, amountMinor: 500 }),
  );
  await bar.settle();
  await vanish();
  await bar.balance(2, chip, BAR_2);
  await bar.ask('drawer-paid', { requestId: requestNo(1), tapId: tapNo(1), operator: null });
  await goOn();
  expect(isAbandoned(1)).toBe(false);
});

it('an interrupted tap that stands in an older epoch is left alone: its end may stand in what this disk lost', async () => {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  bar.reader().arm(WHOLE);
  void bar.charge(1, chip);
  await bar.settle();
  await bar.restart();
  bar.journal.openEpoch(2 as Epoch);
  await goOn();
  expect(isAbandoned(1)).toBe(false);
});

it('posted elsewhere while its till waits, and misread there then: over, and no other wristband pays', async () => {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  bar.reader().arm(WHOLE);
  const first = bar.charge(1, chip);
  await bar.settle();
  await bar.balance(2, chip, BAR_2);
  bar.reader().arm({ kind: 'removed', atExchange: 0 });
  await bar.reader().present(chip);
  await bar.settle();
  const other = await bar.band(2, { balanceMinor: 900 });
  await bar.reader().present(other);
  expect(await first).toMatchObject({ outcome: 'approved', amountMinor: 600, balanceMinor: 1400 });
  expect(balanceOf(other)).toBe(900);
});

it('a cancel that overtakes its request: the tap is not begun any more', async () => {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  const asked = bar.charge(1, chip);
  void bar.tell('cancel', { tapId: tapNo(1) });
  expect(await asked).toMatchObject({ outcome: 'cancelled', chip: 'untouched' });
  await bar.settle();
  expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'cancelled', chip: 'untouched' });
  expect(balanceOf(chip)).toBe(2000);
  expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved' });
});

it('a new epoch opened between a tap and its commit: settled where it stands', async () => {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  const append = bar.journal.append.bind(bar.journal);
  bar.journal.append = (...call) => {
    const appended = append(...call);
    if (bar.journal.epoch === 1) bar.journal.openEpoch(2 as Epoch);
    return appended;
  };
  expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'approved' });
  expect(bar.journal.epochs()).toEqual([
    { epoch: 1, lastSeq: 1 },
    { epoch: 2, lastSeq: 1 },
  ]);
});

describe('a till that asks under the id that another till is at', () => {
  /** Both wait for a wristband, and the one at the bar is torn away. */
  async function torn() {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    void bar.tell('charge', bar.cart(1));
    void bar.tell('charge', bar.cart(1, 3), BAR_2);
    await bar.settle();
    bar.reader().arm(WHOLE);
    await bar.reader().present(chip);
    await bar.settle();
    await bar.reader().remove(chip);
    expect(bar.story()).toEqual(['tap']);
    return chip;
  }

  it('gives up its own, and hears nothing of the other, which goes on', async () => {
    const chip = await torn();
    await bar.tell('cancel', { tapId: tapNo(1) }, BAR_2);
    await bar.settle();
    expect(bar.results).toMatchObject([{ outcome: 'cancelled', chip: 'untouched' }]);
    await bar.reader().present(chip);
    expect(await bar.answer({ tapId: tapNo(1) }, 1)).toMatchObject({ outcome: 'approved', amountMinor: 600 });
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('and is gone, and goes on to another tap, has not let the other go', async () => {
    const chip = await torn();
    bar.desk.onTerminalGone(BAR_2);
    await bar.reader().present(chip);
    expect(await bar.answer({ tapId: tapNo(1) })).toMatchObject({ outcome: 'approved' });
    expect(await bar.balance(2, await bar.band(2, { balanceMinor: 100 }), BAR_2)).toMatchObject({
      outcome: 'approved',
    });
    expect(isAbandoned(1)).toBe(false);
  });
});
