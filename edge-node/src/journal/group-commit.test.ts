import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { describe, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { diskJournal } from '../../test/disk-journal.ts';
import { boxKey, settlementDraft, tapBody, tapDraft, tapId } from '../../test/journal-sample.ts';

const disk = diskJournal();

describe('group commit', () => {
  it('gives callers of one turn one head, and each of them its own entries', async () => {
    const answers = await Promise.all([1, 2, 3].map(n => disk.journal.append([tapDraft(n)])));
    expect(answers.map(entries => entries.map(({ seq }) => seq))).toEqual([[1], [2], [3]]);
    expect(disk.verified().epochs).toEqual([{ epoch: 1, entries: 3, heads: 1 }]);
  });

  it('refuses a bad draft to its caller alone', async () => {
    const bad: Draft = { kind: 'tap', body: tapBody(2, { after: new Uint8Array(19) }) };
    const unbalanced: Draft = {
      kind: 'tap',
      body: tapBody(5, { held: [{ account: accounts.breakage, amountMinor: 1 }] }),
    };
    const tooLong: Draft = { kind: 'fault', body: { code: 'x', till: null, message: 'x'.repeat(501) } };
    const answers = await Promise.allSettled([
      disk.journal.append([tapDraft(1)]),
      disk.journal.append([tapDraft(3), bad]),
      disk.journal.append([unbalanced]),
      disk.journal.append([tooLong]),
      disk.journal.append([settlementDraft(9, 9 as Seq)]),
      disk.journal.append([tapDraft(4)]),
    ]);
    expect(
      answers.map(answer => (answer.status === 'fulfilled' ? answer.value[0]?.seq : answer.reason)),
    ).toEqual([
      1,
      thrown('draft-invalid'),
      thrown('draft-invalid'),
      thrown('draft-invalid'),
      thrown('settlement-unknown'),
      2,
    ]);
    expect(disk.journal.views.tapAnswer(tapId(3))).toBeUndefined();
    expect(disk.journal.views.pendingCount()).toBe(2);
    expect(disk.verified().epochs).toEqual([{ epoch: 1, entries: 2, heads: 1 }]);
  });

  it('answers nobody before the entries are on disk', async () => {
    const appended = disk.journal.append([tapDraft(1)]);
    expect(disk.verified().epochs[0]?.entries).toBe(0);
    await appended;
    expect(disk.verified().epochs[0]?.entries).toBe(1);
  });

  it('shows nobody entries without the head that vouches for them', async () => {
    const seenAtSigning: unknown[] = [];
    await disk.reopen({
      sign: message => {
        seenAtSigning.push(disk.verified().epochs);
        return boxKey.sign(message);
      },
    });
    await disk.journal.append([tapDraft(1)]);
    await disk.journal.append([tapDraft(2)]);
    expect(seenAtSigning).toEqual([
      [{ epoch: 1, entries: 0, heads: 0 }],
      [{ epoch: 1, entries: 1, heads: 1 }],
    ]);
  });

  it('tells listeners of each commit, clock jumps included', async () => {
    const heard: string[][] = [];
    const stop = disk.journal.onAppended(({ entries }) => heard.push(entries.map(({ kind }) => kind)));
    await disk.post(1);
    disk.clock.set(0);
    await disk.journal.append([tapDraft(2)]);
    stop();
    await disk.journal.append([tapDraft(3)]);
    expect(heard).toEqual([['tap'], ['settlement'], ['clock-jump', 'tap']]);
  });

  it('goes on after a reading of several views that failed', async () => {
    const failing = () => {
      throw new RangeError('no such thing');
    };
    expect(() => disk.journal.views.atOnce(failing)).toThrow(RangeError);
    expect(
      disk.journal.views.atOnce(() => [disk.journal.views.pendingCount(), disk.journal.lastSeq]),
    ).toEqual([0, 0]);
    expect(await disk.journal.append([tapDraft(1)])).toHaveLength(1);
  });

  it('writes no head when every caller was refused', async () => {
    await expect(disk.journal.append([settlementDraft(9, 9 as Seq)])).rejects.toEqual(
      thrown('settlement-unknown'),
    );
    expect(disk.verified().epochs).toEqual([{ epoch: 1, entries: 0, heads: 0 }]);
  });

  it('refuses what comes after closing', async () => {
    await disk.journal.close();
    await expect(disk.journal.append([tapDraft(1)])).rejects.toEqual(thrown('journal-closed'));
  });
});
