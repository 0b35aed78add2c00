import type { Seq } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { beforeEach, describe, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { diskJournal } from '../../test/disk-journal.ts';
import { BOX, boxKey, EVENT } from '../../test/journal-sample.ts';

const disk = diskJournal();

describe('for sync', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 5; n++) await disk.post(n);
  });

  it('gives entries by count and by bytes, and always at least one', () => {
    const all = disk.journal.entriesAfter(0 as Seq, 100, 1e6);
    expect(all.map(content => decodeEntry(content).seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(disk.journal.entriesAfter(4 as Seq, 3, 1e6).map(content => decodeEntry(content).seq)).toEqual([
      5, 6, 7,
    ]);
    const two = (all[0]?.length ?? 0) + (all[1]?.length ?? 0);
    expect(disk.journal.entriesAfter(0 as Seq, 100, two)).toHaveLength(2);
    expect(disk.journal.entriesAfter(0 as Seq, 100, 1)).toHaveLength(1);
    expect(disk.journal.entriesAfter(10 as Seq, 100, 1e6)).toEqual([]);
  });

  it('signs a head for any entry', () => {
    const head = openHead('pulsera/head', disk.journal.headAt(7 as Seq), boxKey.verify);
    expect(head).toMatchObject({ event: EVENT, box: BOX, epoch: 1, seq: 7, wallMs: disk.clock.wallMs() });
    expect(openHead('pulsera/head', disk.journal.headAt(0 as Seq), boxKey.verify).seq).toBe(0);
    expect(() => disk.journal.headAt(11 as Seq)).toThrow(thrown('entry-missing'));
  });

  it('keeps the latest checkpoint, and tells from one what this disk has lost', () => {
    const head = (seq: number) => openHead('pulsera/head', disk.journal.headAt(seq as Seq), boxKey.verify);
    disk.journal.acceptCheckpoint(head(8), Uint8Array.of(8));
    disk.journal.acceptCheckpoint(head(3), Uint8Array.of(3));
    expect(disk.journal.checkpoint()).toMatchObject({ seq: 8 });
    const ahead = { ...head(10), seq: 11 as Seq };
    expect(() => disk.journal.acceptCheckpoint(ahead, Uint8Array.of(1))).toThrow(thrown('journal-behind'));
    const forked = { ...head(10), hash: head(9).hash };
    expect(() => disk.journal.acceptCheckpoint(forked, Uint8Array.of(1))).toThrow(thrown('journal-forked'));
    const foreign = { ...head(10), box: 9 as typeof BOX };
    expect(() => disk.journal.acceptCheckpoint(foreign, Uint8Array.of(1))).toThrow(thrown('journal-foreign'));
    expect(disk.journal.checkpoint()).toMatchObject({ seq: 8 });
  });
});
