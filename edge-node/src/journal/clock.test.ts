import type { Seq } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { describe, expect, it } from 'vitest';
import { diskJournal } from '../../test/disk-journal.ts';

const disk = diskJournal();

describe('the clock', () => {
  it('is journaled when it jumps back an hour, and the bar stays open', async () => {
    await disk.post(1);
    disk.clock.pass(1000);
    const expected = disk.clock.wallMs();
    disk.clock.set(expected - 3_600_000);
    await disk.post(2);
    const [jump, tap] = disk.journal.entriesAfter(2 as Seq, 2, 1e6).map(decodeEntry);
    expect(jump).toMatchObject({
      kind: 'clock-jump',
      body: { fromMs: expected, toMs: expected - 3_600_000 },
    });
    expect(tap).toMatchObject({ kind: 'tap', wallMs: expected - 3_600_000 });
  });

  it.each([Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY])('never stops a sale, be it %d', async wallMs => {
    disk.clock.set(wallMs);
    await disk.post(1);
    expect(disk.verified().epochs[0]?.heads).toBe(2);
  });
});
