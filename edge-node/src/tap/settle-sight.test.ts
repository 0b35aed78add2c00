import type { ChipUid, Generation, KeySetNumber, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EVENT, image, tapId, uidOf, walletOf } from '../../test/journal-sample.ts';
import type { PendingTap } from '../journal/views.ts';
import { settleBySight } from './settle-sight.ts';

const chip = { uid: uidOf(1) as ChipUid, wallet: walletOf(1) as WalletId, generation: 1 as Generation };

function purse(slots: readonly [Uint8Array, Uint8Array], counter: number): Purse {
  const keySet = 1 as KeySetNumber;
  const immutable = { ...chip, keySet, ageClass: 0, event: EVENT };
  const current = { counter, nonce: 0, balanceMinor: 0, bonusMinor: 0, keySet, creditNumber: 0 };
  const slot = counter % 2 === 0 ? 0 : 1;
  return { kind: 'purse', chip, immutable, slots, slot, current, otherNonce: 0, isOtherWhole: true };
}

function pending(n: number, before: Uint8Array, after: Uint8Array): PendingTap {
  const ref = { box: 1, epoch: 1, seq: n } as PendingTap['ref'];
  return { ...chip, ref, tap: tapId(n), till: 'bar-1' as never, before, after, abandoned: false };
}

const four = image(4, 1);
const five = image(5, 1);
const torn = image(5, 2).fill(0, 10);

it('an image in the current slot is posted, to be written once more', () => {
  const write = pending(1, four, five);
  expect(settleBySight(purse([four, five], 5), [write])).toEqual({
    posted: [{ write, isCurrent: true }],
    outdone: [],
    overwritable: [],
    unknown: [],
  });
});

it('an image that somebody has built upon is posted as it is', () => {
  const write = pending(1, four, five);
  expect(settleBySight(purse([image(6, 1), five], 6), [write])).toMatchObject({
    posted: [{ write, isCurrent: false }],
  });
});

it('a chip still at the image before, with something else in the slot, disproves the write once that is overwritten', () => {
  const write = pending(1, four, five);
  expect(settleBySight(purse([four, torn], 4), [write])).toMatchObject({ posted: [], overwritable: [write] });
});

it('of two writes from one image the one that is found outdoes the other', () => {
  const [lost, found] = [pending(1, four, image(5, 9)), pending(2, four, five)];
  expect(settleBySight(purse([four, five], 5), [lost, found])).toMatchObject({
    posted: [{ write: found, isCurrent: true }],
    outdone: [lost],
  });
});

it('anything else is for the cloud', () => {
  const write = pending(1, four, five);
  for (const [slots, counter] of [
    [[four, image(5, 3)], 5],
    [[image(6, 1), image(7, 1)], 7],
    [[image(4, 9), torn], 4],
  ] as const) {
    expect(settleBySight(purse(slots, counter), [write])).toMatchObject({
      posted: [],
      overwritable: [],
      unknown: [write],
    });
  }
});

it('every pending write lands in exactly one place', () => {
  const any = fc
    .tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 1, max: 3 }))
    .map(([n, m]) => image(n, m));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(any, any), { maxLength: 6 }),
      any,
      any,
      fc.integer({ min: 3, max: 7 }),
      (writes, a, b, n) => {
        const all = writes.map(([before, after], i) => pending(i + 1, before, after));
        const { posted, outdone, overwritable, unknown } = settleBySight(purse([a, b], n), all);
        const placed = [...posted.map(({ write }) => write), ...outdone, ...overwritable, ...unknown];
        expect(new Set(placed)).toEqual(new Set(all));
        expect(placed).toHaveLength(all.length);
      },
    ),
  );
});
