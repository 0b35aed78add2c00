/** A wristband that nothing comes of, however often it is held out: the till is not asked for it for ever. */
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import type { TillResult } from '@pulsera/firmware-protocol/wire/till';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bar, balanceOf, tapNo } from '../../test/bar-sample.ts';

let bar: Bar;
let elsewhere: Bar;
let chip: VirtualChip;
beforeEach(async () => {
  bar = new Bar();
  elsewhere = new Bar();
  chip = await bar.band(1, { balanceMinor: 2000 });
});
afterEach(async () => {
  await bar.close();
  await elsewhere.close();
});

const UNSETTLED = { tapId: tapNo(1), outcome: 'cancelled', chip: 'unsettled' };

/** Held out and taken away as long as the till asks for it. @returns how often */
async function holdOut(at: Bar, answer: Promise<TillResult>, before = () => {}): Promise<number> {
  let isOver = false;
  void answer.then(() => {
    isOver = true;
  });
  for (let times = 0; times < 100; times++) {
    await at.settle();
    if (isOver) return times;
    await at.reader().remove();
    before();
    await at.reader().present(chip);
  }
  throw new Error('it is asked for again and again');
}

it('with both images dead, torn at one box and decayed, torn at another, ends both taps as unsettled', async () => {
  elsewhere.reader().arm({ kind: 'tear', atWrite: 3, programmed: 2, weakReads: 1 });
  const first = elsewhere.charge(1, chip);
  await elsewhere.settle();
  bar.reader().arm(tearAtByte(5));
  const second = bar.charge(1, chip);
  expect(await holdOut(bar, second)).toBe(3);
  expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again', reason: 'chip-forged' });
  expect(await second).toEqual(UNSETTLED);
  expect(await holdOut(elsewhere, first)).toBe(3);
  expect(await first).toEqual(UNSETTLED);
  for (const box of [bar, elsewhere]) {
    expect(box.story()).toEqual(['tap', 'abandoned']);
    // What became of it is for the cloud to say.
    expect(box.journal.views.pendingCount()).toBe(1);
    expect(await box.charge(1, chip), 'the same for ever').toEqual(UNSETTLED);
  }
});

it('that shows an older state than the box has posted ends the tap as unsettled, and the till sells on', async () => {
  const before = chip.image();
  await bar.charge(2, chip);
  bar.reader().arm(tearAtByte(5));
  const answer = bar.charge(1, chip);
  await bar.settle();
  chip.restore(before);
  expect(await holdOut(bar, answer)).toBe(3);
  expect(bar.prompts.at(-1)).toMatchObject({ ask: 'tap-again', reason: 'image-stale' });
  expect(await answer).toEqual(UNSETTLED);
  expect(await bar.charge(3, await bar.band(2, { balanceMinor: 900 }))).toMatchObject({
    outcome: 'approved',
  });
});

it('torn away each time ends the tap as unsettled; the next one finds the chip as it was, and the write dropped', async () => {
  const answer = bar.charge(1);
  expect(await holdOut(bar, answer, () => bar.reader().arm(tearAtByte(5)))).toBe(8);
  expect(await answer).toEqual(UNSETTLED);
  bar.reader().disarm();
  await bar.reader().remove();
  expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
  expect(balanceOf(chip)).toBe(1400);
  expect(bar.story()).toEqual(['tap', 'abandoned', 'tap', 'posted', 'dropped']);
  expect(bar.journal.views.pendingCount()).toBe(0);
});

it('lifted each time before it could be read ends the tap as untouched', async () => {
  const answer = bar.charge(1);
  const lift = () => bar.reader().arm({ kind: 'removed', atExchange: 0 });
  expect(await holdOut(bar, answer, lift)).toBe(8);
  expect(await answer).toEqual({ tapId: tapNo(1), outcome: 'cancelled', chip: 'untouched' });
  expect(bar.story()).toEqual([]);
});
