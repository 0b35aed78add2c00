import type { Epoch, OperatorId, Seq, TillId } from '@pulsera/firmware-protocol/ids';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { describe, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { diskJournal } from '../../test/disk-journal.ts';
import { boxKey, settlementDraft, tapDraft, tapId } from '../../test/journal-sample.ts';

const disk = diskJournal();
const BAR = 'bar-1' as TillId;
const BO = 'bo' as OperatorId;

describe('epochs', () => {
  it('start a chain of their own over the same books', async () => {
    await disk.post(1);
    await disk.journal.append([tapDraft(2)]);
    disk.journal.openEpoch(2 as Epoch);
    expect([disk.journal.epoch, disk.journal.lastSeq]).toEqual([2, 0]);
    await disk.journal.append([settlementDraft(2, 3 as Seq)]);
    await disk.reopen();
    expect([disk.journal.epoch, disk.journal.lastSeq]).toEqual([2, 1]);
    expect(disk.journal.views.tillTotals(BAR).get('revenue:bar' as never)).toBe(-2000);
    expect(disk.journal.views.tapAnswer(tapId(2))).toMatchObject({
      ref: { epoch: 1, seq: 3 },
      state: 'posted',
    });
    expect(disk.journal.epochs()).toEqual([
      { epoch: 1, lastSeq: 3 },
      { epoch: 2, lastSeq: 1 },
    ]);
    expect(disk.journal.entriesAfter(0 as Seq, 10, 1e6)).toHaveLength(1);
    expect(disk.journal.entriesAfter(0 as Seq, 10, 1e6, 1 as Epoch)).toHaveLength(3);
    expect(disk.verified().epochs.map(({ entries }) => entries)).toEqual([3, 1]);
  });

  it('do not go back', () => {
    expect(() => disk.journal.openEpoch(1 as Epoch)).toThrow(thrown('epoch-not-newer'));
  });

  it('may be opened again before anything was written in one', async () => {
    disk.journal.openEpoch(2 as Epoch);
    disk.journal.openEpoch(5 as Epoch);
    await disk.post(1);
    await disk.reopen();
    expect([disk.journal.epoch, disk.journal.lastSeq]).toEqual([5, 2]);
    expect(disk.verified().epochs.map(({ entries }) => entries)).toEqual([0, 0, 2]);
  });

  it('go on from what the older one had taken and the cloud had not acknowledged, until it has had its say', async () => {
    const taken = () => disk.journal.views.exposure().takenMinor;
    const acknowledge = (seq: number, epoch: number) => {
      const head = openHead('pulsera/head', disk.journal.headAt(seq as Seq, epoch as Epoch), boxKey.verify);
      disk.journal.acceptCheckpoint(head, Uint8Array.of(seq));
    };
    await disk.post(1);
    await disk.post(2);
    await disk.journal.append([
      { kind: 'cap-extended', body: { cap: 'box-offline', byMinor: 70, approvedBy: BO } },
    ]);
    acknowledge(2, 1);
    disk.journal.openEpoch(2 as Epoch);
    expect(disk.journal.views.exposure()).toMatchObject({ takenMinor: 1200, boxExtendedMinor: 70 });
    await disk.post(3);
    disk.journal.openEpoch(3 as Epoch);
    await disk.reopen();
    expect(taken()).toBe(2400);
    disk.journal.rebuild();
    expect(taken()).toBe(2400);
    // The older epochs' ends are sent first: what they took is told.
    acknowledge(4, 1);
    expect(disk.journal.views.exposure()).toMatchObject({ takenMinor: 1200, boxExtendedMinor: 70 });
    acknowledge(2, 2);
    expect(taken()).toBe(0);
    await disk.post(4);
    await disk.post(5);
    acknowledge(2, 3);
    expect(taken()).toBe(1200);
  });
});
