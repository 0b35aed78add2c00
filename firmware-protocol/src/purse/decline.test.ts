import { expect, test } from 'vitest';
import { DECLINES, declined } from './decline.ts';

test('declines are looked at in this order, which tills and docs rely on', () => {
  expect(Object.keys(DECLINES)).toEqual([
    'chip-not-removed',
    'other-chip',
    'chip-foreign',
    'chip-blank',
    'wrong-event',
    'key-set-unknown',
    'chip-forged',
    'chip-blocked',
    'chip-replaced',
    'image-stale',
    'image-forked',
    'age-restricted',
    'charge-cap',
    'terminal-cap',
    'box-cap',
    'reversal-unknown',
    'reversal-done',
    'reversal-other-chip',
    'cash-out-nothing',
    'insufficient-balance',
    'chip-cap',
    'counter-exhausted',
  ]);
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
