import { expect, test } from 'vitest';
import { countAttempts } from './attempts.ts';

test('guesses from ever new addresses are stopped in the end, and forgotten after a quarter of an hour', () => {
  let nowMs = 0;
  const attempts = countAttempts(() => nowMs);
  for (let i = 0; i < 500; i++) {
    attempts.assertAllowed(`address ${i}`);
    attempts.failed(`address ${i}`);
  }
  expect(() => attempts.assertAllowed('a new address')).toThrow(/wait a quarter of an hour/);
  nowMs += 15 * 60_000;
  expect(() => attempts.assertAllowed('a new address')).not.toThrow();
});

test('a clock that is set back locks nobody out', () => {
  let nowMs = 10_000_000;
  const attempts = countAttempts(() => nowMs);
  for (let i = 0; i < 10; i++) attempts.failed('one');
  expect(() => attempts.assertAllowed('one')).toThrow();
  nowMs = 0;
  expect(() => attempts.assertAllowed('one')).not.toThrow();
});
