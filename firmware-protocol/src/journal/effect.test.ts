import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BoxId, Epoch, Seq, StandId, TapId } from '../ids.ts';
import { type Effect, takenMinor } from './effect.ts';

const purchase = (totalMinor: number, bonusMinor = 0): Effect => ({
  kind: 'purchase',
  stand: 'bar' as StandId,
  lines: [],
  totalMinor,
  bonusMinor,
  approvedBy: null,
});
const of = { box: 1 as BoxId, epoch: 1 as Epoch, seq: 1 as Seq };
const undone = { of, ofTap: '00000000-0000-4000-8000-000000000001' as TapId };

it.each<[string, Effect, number]>([
  ['a purchase takes its total, bonus included', purchase(600, 100), 600],
  ['cups that come back give', purchase(-300), -300],
  ['a cash-out takes', { kind: 'cash-out', amountMinor: 500 }, 500],
  ['a top-up gives', { kind: 'cash-topup', amountMinor: 700, tender: 'card' }, -700],
  [
    'a reversal gives main and bonus back',
    { kind: 'reversal', ...undone, mainMinor: 500, bonusMinor: 100 },
    -600,
  ],
  [
    'credit that is loaded belonged to the guest before',
    { kind: 'credit-load', from: 0, to: 1, mainMinor: 9, bonusMinor: 9 },
    0,
  ],
  ['a new wristband moves nothing', { kind: 'issue', ageClass: 0 }, 0],
])('%s', (_, effect, minor) => {
  expect(takenMinor([effect])).toBe(minor);
});

it('what a write takes is the sum of what its effects take, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -500, max: 500 })), totals => {
      const effects = totals.map(total => purchase(total));
      const sum = totals.reduce((a, b) => a + b, 0);
      expect([takenMinor(effects), takenMinor(effects.toReversed())]).toEqual([sum, sum]);
    }),
  );
});
