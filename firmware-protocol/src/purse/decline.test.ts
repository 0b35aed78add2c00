import { expect, test } from 'vitest';
import { DECLINES, declined } from './decline.ts';

test('what a chip is comes before what it holds, and what a person may cure before what is at its end', () => {
  const order = Object.keys(DECLINES);
  const expected = [
    'chip-not-removed',
    'other-chip',
    'chip-foreign',
    'chip-blank',
    'wrong-event',
    'key-set-unknown',
    'chip-forged',
    'chip-blocked',
    'charge-cap',
    'cash-out-nothing',
    'insufficient-balance',
    'chip-cap',
    'counter-exhausted',
  ];
  expect(order.filter(reason => expected.includes(reason))).toEqual(expected);
});

test('every decline has a sentence for the operator', () => {
  for (const sentence of Object.values(DECLINES)) expect(sentence).toMatch(/^[A-Z].*\.$/);
});

test('a decline carries its figures', () => {
  expect(declined('charge-cap', { limitMinor: 5 })).toEqual({
    kind: 'declined',
    reason: 'charge-cap',
    figures: { limitMinor: 5 },
  });
});
