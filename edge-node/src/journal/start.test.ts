import { statSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { diskJournal } from '../../test/disk-journal.ts';
import { type BOX, type EVENT, keyPair, tapDraft } from '../../test/journal-sample.ts';
import { openWriter } from './database.ts';
import { openJournal } from './journal.ts';

const disk = diskJournal();

describe('the file', () => {
  it('lets nobody but its owner read it', () => {
    for (const suffix of ['', '-wal', '-shm', '-lock']) {
      expect(statSync(disk.options.file + suffix).mode & 0o777).toBe(0o600);
    }
  });

  it.each(['entry', 'head'])('refuses to change or delete a row of %s', async table => {
    await disk.post(1);
    await disk.journal.close();
    const db = openWriter(disk.options.file);
    expect(() => db.exec(`UPDATE ${table} SET at = at + 10`)).toThrow(/append-only/);
    expect(() => db.exec(`DELETE FROM ${table}`)).toThrow(/append-only/);
    expect(() => db.exec(`INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow();
    db.close();
    expect(disk.verified().epochs).toEqual([{ epoch: 1, entries: 2, heads: 2 }]);
  });

  it('is written by one process at a time', () => {
    expect(() => openJournal(disk.options)).toThrow(thrown('journal-in-use'));
  });

  it('belongs to one box of one event', async () => {
    await disk.journal.close();
    expect(() => openJournal({ ...disk.options, box: 4 as typeof BOX })).toThrow(thrown('journal-foreign'));
    expect(() => openJournal({ ...disk.options, event: 8 as typeof EVENT })).toThrow(
      thrown('journal-foreign'),
    );
  });

  it('counts the times it was opened', async () => {
    expect(disk.journal.boot).toBe(1);
    expect((await disk.reopen()).boot).toBe(2);
    const [entry] = await disk.journal.append([tapDraft(1)]);
    expect(entry?.boot).toBe(2);
  });
});

describe('start after a crash', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 20; n++) await disk.post(n);
  });

  it('goes on where it ended', async () => {
    await disk.reopen();
    expect(disk.journal.lastSeq).toBe(40);
    expect(await disk.post(21)).toBe(41);
    expect(disk.verified().epochs[0]?.entries).toBe(42);
  });

  it.each([21, 30, 39, 40])('names entry %i when a bit of its content flipped', async seq => {
    await disk.damage(
      `UPDATE entry SET content = CAST(substr(content, 1, 40) || x'a5' || substr(content, 42) AS BLOB) WHERE at = ${seq}`,
    );
    expect(() => openJournal(disk.options)).toThrow(
      expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq }) }),
    );
    expect(() => disk.verified()).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ seq }) }),
    );
  });

  it('leaves what lies before the tail to the full verification', async () => {
    await disk.damage(`UPDATE entry SET content = CAST(content || x'00' AS BLOB) WHERE at = 2`);
    await disk.reopen();
    expect(() => disk.verified()).toThrow(
      expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq: 2 }) }),
    );
  });

  it('names a missing entry', async () => {
    await disk.damage('DELETE FROM entry WHERE at = 35');
    expect(() => openJournal(disk.options)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ seq: 35, what: 'it is missing' }) }),
    );
  });

  it.each([
    [
      'a head whose signature is damaged',
      "UPDATE head SET signed = CAST(substr(signed, 1, length(signed) - 1) || x'00' AS BLOB) WHERE at = 40",
    ],
    ['a last entry without a head', 'DELETE FROM head WHERE at = 40'],
    [
      'a head of another entry',
      'UPDATE head SET signed = (SELECT signed FROM head WHERE at = 39) WHERE at = 40',
    ],
  ])('refuses %s', async (_, sql) => {
    await disk.damage(sql);
    expect(() => openJournal(disk.options)).toThrow(
      expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq: 40 }) }),
    );
  });

  it("refuses a journal that another box's key signed", async () => {
    await disk.journal.close();
    expect(() => openJournal({ ...disk.options, verify: keyPair(9).verify })).toThrow(
      thrown('journal-damaged'),
    );
  });
});
