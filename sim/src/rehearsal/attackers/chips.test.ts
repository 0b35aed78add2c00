/** What is done to wristbands, each by a hand-picked strike: played, found, and nothing else. */
import { expect, test } from 'vitest';
import { byHand, type Ended } from '../../../test/rehearsal/by-hand.ts';
import { clonedChip } from './cloned-chip.ts';
import { editedChip } from './edited-chip.ts';
import { rolledBackChip } from './rolled-back-chip.ts';

const casesOf = ({ rows }: Ended) =>
  rows.cases.map(({ kind, uid, lossBoundMinor }) => ({ kind, uid, lossBoundMinor }));
const [AT_BOX_1, AT_BOX_2] = [0, 1];

test('a copy that pays at another box than its original ends as a fork, with what it took', async () => {
  let uid = '';
  const ended = await byHand(async hand => {
    const [victim, other] = [await hand.guest(), await hand.guest()];
    ({ uid } = victim);
    for (const guest of [victim, other]) await hand.topUp(guest, 5000);
    const [first] = hand.site.boxes;
    first?.wire.cut();
    const spendings = [
      { box: AT_BOX_2, afterMs: 1_000, beers: 3 },
      { box: AT_BOX_2, afterMs: 1_000, beers: 0 },
    ];
    await hand.strike(clonedChip, { guest: 0, luck: 1, spendings });
    expect(await hand.buy(victim, 1)).toMatchObject({ outcome: 'approved', balanceMinor: 4400 });
    first?.wire.mend();
    await hand.pass(60_000);
    expect(await hand.buy(victim, 1)).toMatchObject({ outcome: 'declined', reason: 'chip-blocked' });
    expect(await hand.buy(other, 1, 2)).toMatchObject({ outcome: 'approved', balanceMinor: 4400 });
  });
  expect(ended.findings).toEqual([]);
  expect(casesOf(ended)).toEqual([{ kind: 'fork', uid, lossBoundMinor: 5000 }]);
  expect(ended.notebook.thieves.cash).toBe(-3200);
});

test('a copy is declined at the box that has seen its original pay', async () => {
  const ended = await byHand(async hand => {
    const victim = await hand.guest();
    await hand.topUp(victim, 5000);
    const strike = hand.strike(clonedChip, {
      guest: 0,
      luck: 1,
      spendings: [{ box: AT_BOX_1, afterMs: 20_000, beers: 3 }],
    });
    await hand.buy(victim, 1);
    await strike;
  });
  expect(ended.findings).toEqual([]);
  expect(casesOf(ended)).toEqual([]);
  const copied = [...ended.notebook.visits.values()].find(({ touches }) =>
    touches[0]?.thing.startsWith('copy'),
  );
  expect(copied?.screens.at(-1)).toMatchObject({ outcome: 'declined', reason: 'image-stale' });
});

test('a wristband put back to what it held before it paid ends as a fork once it pays again', async () => {
  let uid = '';
  const ended = await byHand(async hand => {
    const cheat = await hand.guest();
    ({ uid } = cheat);
    await hand.topUp(cheat, 5000);
    const strike = hand.strike(rolledBackChip, { guest: 0, afterMs: 5_000 });
    await hand.buy(cheat, 4);
    await strike;
    expect(await hand.buy(cheat, 1)).toMatchObject({ outcome: 'declined', reason: 'image-stale' });
    expect(await hand.buy(cheat, 3, 2)).toMatchObject({ outcome: 'approved', balanceMinor: 3200 });
  });
  expect(ended.findings).toEqual([]);
  expect(casesOf(ended)).toEqual([{ kind: 'fork', uid, lossBoundMinor: 2400 }]);
});

test('bytes changed without the keys are refused, and cost nobody anything', async () => {
  const ended = await byHand(async hand => {
    const cheat = await hand.guest();
    await hand.topUp(cheat, 5000);
    // The balances in both slots.
    const bytes = [28, 48].map(at => ({ at, xor: 0x40 }));
    await hand.strike(editedChip, { guest: 0, bytes, raisedMinor: 0, nonce: 0 });
    for (const post of [0, 2]) {
      expect(await hand.buy(cheat, 1, post)).toMatchObject({ outcome: 'declined', reason: 'chip-forged' });
    }
  });
  expect(ended.findings).toEqual([]);
  expect(casesOf(ended)).toEqual([]);
});

test('a balance raised with stolen keys ends as a forgery, with all that it claimed to hold', async () => {
  let uid = '';
  const ended = await byHand(async hand => {
    const cheat = await hand.guest();
    ({ uid } = cheat);
    await hand.topUp(cheat, 1000);
    await hand.strike(editedChip, { guest: 0, bytes: null, raisedMinor: 9000, nonce: 7 });
    expect(await hand.buy(cheat, 10, 2)).toMatchObject({ outcome: 'approved', balanceMinor: 4000 });
  });
  expect(ended.findings).toEqual([]);
  expect(casesOf(ended)).toEqual([{ kind: 'forgery', uid, lossBoundMinor: 10_000 }]);
});
