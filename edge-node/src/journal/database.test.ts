import { expect, it } from 'vitest';
import { hasWalResetBug } from './database.ts';

it.each([
  ['3.6.23', false],
  ['3.7.0', true],
  ['3.40.1', true],
  ['3.51.2', true],
  ['3.51.3', false],
  ['3.54.1', false],
])('SQLite %s has the WAL-reset bug: %s', (version, bug) => {
  expect(hasWalResetBug(version)).toBe(bug);
});
