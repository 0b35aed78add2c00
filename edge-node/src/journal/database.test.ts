import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratch } from '../../test/journal-sample.ts';
import { hasWalResetBug, openWriter } from './database.ts';

it('lets a commit wait for the disk, not only a checkpoint', () => {
  const place = scratch();
  const db = openWriter(join(place.dir, 'journal.sqlite'));
  try {
    // 2 is FULL: the write-ahead log is synced with each commit (sqlite.org/pragma.html#pragma_synchronous).
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  } finally {
    db.close();
    place.remove();
  }
});

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
