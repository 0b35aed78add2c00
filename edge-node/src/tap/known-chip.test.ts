import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { declined } from '../../test/answers.ts';
import { BAR_2, Bar, balanceOf, bless, GENERATION, samplePlan, tapNo } from '../../test/bar-sample.ts';
import { EVENT, SampleCloud, uidOf, walletOf } from '../../test/journal-sample.ts';
import { SellingPlan } from '../plan/selling.ts';

let bar: Bar;
let cloud: SampleCloud;
beforeEach(() => {
  bar = new Bar();
  cloud = new SampleCloud();
});
afterEach(() => bar.close());

const clone = (chip: VirtualChip) => {
  const copy = new VirtualChip(chip.uid);
  copy.restore(chip.image());
  return copy;
};
const credit = (number: number, mainMinor: number, bonusMinor = 0) => ({
  kind: 'credited' as const,
  body: {
    wallet: walletOf(1),
    generation: GENERATION,
    number,
    mainMinor,
    bonusMinor,
    source: 'online' as const,
    reference: '',
    postings: postings(),
  },
});
const pull = () => bar.journal.appendCloud(cloud.batch(bar.journal.cloudSeq as Seq));

describe('online credit', () => {
  it('is loaded with a charge in one write, and once', async () => {
    const chip = await bar.band(1, { balanceMinor: 100 });
    cloud.write(credit(1, 1000), credit(2, 0, 300));
    await pull();
    bar.reader().reset();
    expect(await bar.charge(1, chip)).toMatchObject({
      outcome: 'approved',
      amountMinor: 600,
      loadedMinor: 1300,
      balanceMinor: 800,
      bonusMinor: 0,
    });
    expect(bar.reader().scripts).toBe(2);
    expect(bar.entries().filter(({ kind }) => kind === 'tap')).toMatchObject([
      {
        body: {
          effects: [
            { kind: 'credit-load', from: 0, to: 2 },
            { kind: 'purchase', bonusMinor: 300 },
          ],
        },
      },
    ]);
    expect(await bar.charge(2, chip)).toMatchObject({ loadedMinor: 0, balanceMinor: 200 });
  });

  it('is loaded by a look at the balance, and what does not fit stays online', async () => {
    const chip = await bar.band(1, { balanceMinor: 100 });
    cloud.write(credit(1, 50), credit(2, 0xff_ff_ff), credit(3, 1));
    await pull();
    expect(await bar.balance(1, chip)).toMatchObject({ loadedMinor: 50, balanceMinor: 150, amountMinor: 0 });
    expect(await bar.balance(2, chip)).toMatchObject({ loadedMinor: 0, balanceMinor: 150 });
  });

  it('counts in what a decline shows', async () => {
    const chip = await bar.band(1, { balanceMinor: 100 });
    cloud.write(credit(1, 300));
    await pull();
    expect(await bar.charge(1, chip)).toMatchObject({ figures: { missingMinor: 200 }, balanceMinor: 400 });
  });
});

describe('a wristband the box knows something of', () => {
  it.each([
    ['fork', 'chip-blocked'],
    ['lost', 'chip-blocked'],
    ['replaced', 'chip-replaced'],
  ] as const)('and that is blocked as %s is declined as %s', async (reason, decline) => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    cloud.write({
      kind: 'blocked',
      body: { uid: uidOf(1), wallet: walletOf(1), generation: GENERATION, reason },
    });
    await pull();
    expect(await bar.charge(1, chip)).toEqual(declined(decline));
    expect(balanceOf(chip)).toBe(2000);
  });

  it('and that is blocked while its torn tap is open: no decline ends that one, only giving up does', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.reader().arm(tearAtByte(6));
    const answer = bar.charge(1, chip);
    await bar.settle();
    cloud.write({
      kind: 'blocked',
      body: { uid: uidOf(1), wallet: walletOf(1), generation: GENERATION, reason: 'lost' },
    });
    await pull();
    await bar.reader().present(chip);
    await bar.settle();
    expect(bar.prompts.at(-1)).toMatchObject({ ask: 'remove-wristband', reason: 'chip-blocked' });
    expect(bar.results).toEqual([]);
    await bar.tell('cancel', { tapId: tapNo(1) });
    expect(await answer).toMatchObject({ outcome: 'cancelled', chip: 'unsettled' });
    expect(bar.story()).toEqual(['tap', 'cloud-cursor', 'abandoned']);
  });

  it("and whose torn tap the cloud has settled meanwhile gets the cloud's word", async () => {
    for (const [n, outcome] of [
      [1, 'posted'],
      [2, 'dropped'],
    ] as const) {
      const chip = await bar.band(n, { balanceMinor: 2000 });
      bar.reader().arm(tearAtByte(6));
      const answer = bar.charge(n, chip);
      await bar.settle();
      const open = bar.journal.views.tapAnswer(tapNo(n));
      if (open === undefined) throw new Error('no tap');
      const body = { of: open.ref, tap: tapNo(n), uid: uidOf(n), outcome, evidence: 'graph' as const };
      cloud.write({ kind: 'settlement', body });
      await pull();
      await bar.tell('cancel', { tapId: tapNo(n) });
      expect(await answer).toMatchObject(
        outcome === 'posted'
          ? { outcome: 'approved', amountMinor: 600 }
          : { outcome: 'cancelled', chip: 'untouched' },
      );
    }
  });

  it('and that was rolled back is stale', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const before = chip.image();
    await bar.charge(1, chip);
    chip.restore(before);
    expect(await bar.charge(2, chip)).toEqual(declined('image-stale'));
  });

  it('and that was cloned pays once, at whichever till comes first', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const copy = clone(chip);
    expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'approved' });
    expect(await bar.charge(2, copy, {}, BAR_2)).toEqual(declined('image-stale'));
  });

  it('and that is held to two readers at once as chip and clone pays once', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    const copy = clone(chip);
    const answers = await Promise.all([bar.charge(1, chip), bar.charge(2, copy, {}, BAR_2)]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['approved', 'declined']);
    expect(bar.story()).toEqual(['tap', 'posted']);
  });

  it('and whose clone paid elsewhere shows the fork, by the same counter or by its past', async () => {
    const chip = await bar.band(1, { balanceMinor: 5000 });
    const elsewhere = new Bar();
    const [once, twice] = [clone(chip), clone(chip)];
    await elsewhere.charge(1, once, { lines: [{ product: 'water' as never, quantity: 1 }] });
    await elsewhere.close();
    const third = new Bar();
    await third.charge(1, twice, { lines: [{ product: 'water' as never, quantity: 2 }] });
    await third.charge(2, twice);
    await third.close();
    await bar.charge(1, chip);
    expect(await bar.charge(2, once)).toEqual(declined('image-forked'));
    expect(await bar.charge(3, twice)).toEqual(declined('image-forked'));
  });

  it('and that another box wrote on honestly is served', async () => {
    const chip = await bar.band(1, { balanceMinor: 5000 });
    await bar.charge(1, chip);
    const elsewhere = new Bar();
    for (const n of [1, 2, 3]) await elsewhere.charge(n, chip);
    await elsewhere.close();
    expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved', balanceMinor: 2000 });
  });
});

describe('a chip that is none of ours', () => {
  it('is blank, foreign, of another event, or sealed with a key nobody honours', async () => {
    expect(await bar.charge(1, new VirtualChip(uidOf(7)))).toEqual(declined('chip-blank'));
    const lastYears = new VirtualChip(uidOf(8));
    await bless(lastYears, 8, {}, { event: (EVENT + 1) as typeof EVENT });
    expect(await bar.charge(4, lastYears)).toEqual(declined('wrong-event'));
    const theirs = new VirtualChip(uidOf(9));
    await bless(theirs, 9, {}, { password: new Uint8Array(16) });
    expect(await bar.charge(5, theirs)).toEqual(declined('chip-foreign'));
    const chip = await bar.band(1, { balanceMinor: 2000 });
    bar.plan = new SellingPlan(samplePlan({ keySets: [9 as never, 1 as never] }));
    expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'approved' });
    bar.plan = new SellingPlan(samplePlan({ keySets: [9 as never] }));
    expect(await bar.charge(3, chip)).toEqual(declined('key-set-unknown'));
  });
});

it('whatever bits of a purse flip, nothing is gained, and only a purse that holds is written to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(64 * 8 - 1), { minLength: 1, maxLength: 4 }), async bits => {
      const own = new Bar();
      try {
        const chip = await own.band(1, { balanceMinor: 2000 });
        await own.charge(1, chip);
        const memory = chip.image().memory.slice();
        for (const bit of bits) {
          const at = 16 + (bit >> 3);
          memory[at] = (memory[at] ?? 0) ^ (1 << (bit & 7));
        }
        chip.restore({ ...chip.image(), memory });
        const answer = await own.charge(2, chip);
        // Hit only where the purse isn't: that slot is written over anyway.
        if (bits.every(bit => bit >= 24 * 8 && bit < 44 * 8)) {
          expect(answer).toMatchObject({ outcome: 'approved', balanceMinor: 800 });
        } else {
          expect(answer.outcome).toBe('declined');
          expect(toHex(chip.image().memory)).toBe(toHex(memory));
        }
      } finally {
        await own.close();
      }
    }),
    { numRuns: 60 },
  );
});

it('an immutable block moved to another chip is a forgery', async () => {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  const other = new VirtualChip(uidOf(2));
  await bless(other, 2);
  const memory = other.image().memory.slice();
  memory.set(chip.image().memory.slice(16, 80), 16);
  other.restore({ ...other.image(), memory });
  expect(await bar.charge(1, other)).toEqual(declined('chip-forged'));
});
