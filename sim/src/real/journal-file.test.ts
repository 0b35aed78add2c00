import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openWriter } from '@pulsera/edge-node/journal/database';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JournalFile } from './journal-file.ts';

let folder: string;
let box: Database;
let file: JournalFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsera-journal-file-'));
  box = openWriter(join(folder, 'journal.sqlite'));
  box.exec('CREATE TABLE entry (at INTEGER PRIMARY KEY, content BLOB, hash BLOB)');
  file = new JournalFile(join(folder, 'journal.sqlite'));
});
afterEach(() => {
  file.close();
  box.close();
  rmSync(folder, { recursive: true });
});

const write = (at: number, hash = at) =>
  box.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)').run(at, Buffer.of(at), Buffer.of(hash));
const numbers = (rows: readonly { readonly at: number }[]) => rows.map(({ at }) => at);

test('each entry is read once, whether the box runs or has left its file behind', () => {
  write(1);
  write(2);
  expect(numbers(file.readOn())).toEqual([1, 2]);
  write(3);
  expect(numbers(file.readOn())).toEqual([3]);
  write(4);
  // Still in the write-ahead log, as a box leaves it that is killed.
  expect(numbers(file.readOnLeft())).toEqual([4]);
  expect([numbers(file.readOnLeft()), file.lastAt]).toEqual([[], 4]);
});

test('what a dead box left stays as it is, with no copy beside it', () => {
  write(1);
  const before = readdirSync(folder).toSorted();
  file.readOnLeft();
  expect(readdirSync(folder).toSorted()).toEqual(before);
});

test('an entry that is gone, or another one, is a loss', () => {
  write(1);
  write(2);
  file.readOn();
  expect(file.isLost()).toBe(false);
  write(2, 9);
  expect(file.isLost()).toBe(true);
  box.exec('DELETE FROM entry WHERE at = 2');
  expect(file.isLost()).toBe(true);
});
