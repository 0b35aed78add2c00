import type { Epoch, Seq, TillId } from '@pulsera/firmware-protocol/ids';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { beforeEach, describe, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { diskJournal } from '../../test/disk-journal.ts';
import {
  BOX,
  image,
  SampleCloud,
  settlementDraft,
  tapDraft,
  tapId,
  uidOf,
  walletOf,
} from '../../test/journal-sample.ts';

const disk = diskJournal();
const BAR = 'bar-1' as TillId;

describe('repeated taps', () => {
  const first = new Uint8Array(32).fill(1);
  const other = new Uint8Array(32).fill(2);

  it('get the first answer after a crash between settlement and answer', async () => {
    const [tap] = await disk.journal.append([tapDraft(1)], { request: first });
    await disk.journal.append([settlementDraft(1, tap?.seq ?? (0 as Seq))]);
    await disk.reopen();
    expect(disk.journal.views.tapAnswer(tapId(1), first)).toEqual({
      ref: { box: BOX, epoch: 1, seq: 1 },
      entry: tap,
      abandoned: false,
      state: 'posted',
    });
    disk.journal.rebuild();
    expect(disk.journal.views.tapAnswer(tapId(1), first)?.state).toBe('posted');
  });

  it('are told from another request under the same id', async () => {
    await disk.journal.append([tapDraft(1)], { request: first });
    expect(() => disk.journal.views.tapAnswer(tapId(1), other)).toThrow(thrown('tap-id-reused'));
    disk.journal.rebuild();
    expect(() => disk.journal.views.tapAnswer(tapId(1), other)).toThrow(thrown('tap-id-reused'));
  });

  it('never write a chip twice, but may try again after a dropped write', async () => {
    const [tap] = await disk.journal.append([tapDraft(1)]);
    await expect(disk.journal.append([tapDraft(1)])).rejects.toEqual(thrown('tap-id-reused'));
    await disk.journal.append([settlementDraft(1, tap?.seq ?? (0 as Seq), 'dropped'), tapDraft(1)]);
    expect(disk.journal.views.tapAnswer(tapId(1))).toMatchObject({ ref: { seq: 3 }, state: 'pending' });
  });

  it('are unknown when they were never written', () => {
    expect(disk.journal.views.tapAnswer(tapId(1), first)).toBeUndefined();
  });
});

describe('settling', () => {
  const held = postings([accounts.cash(BAR), 500], [accounts.topupSuspense, -500]);
  const posted = postings([accounts.topupSuspense, 500], [accounts.walletMain(walletOf(1)), -500]);
  const seq = 1 as Seq;

  beforeEach(async () => {
    await disk.journal.append([tapDraft(1, { held, posted })]);
  });

  it('books what is held at once, and the rest when it is posted', async () => {
    expect(disk.journal.views.tillTotals(BAR)).toEqual(
      new Map([
        ['cash:bar-1', 500],
        ['topup-suspense', -500],
      ]),
    );
    await disk.journal.append([settlementDraft(1, seq)]);
    expect(disk.journal.views.tillTotals(BAR)).toEqual(
      new Map([
        ['cash:bar-1', 500],
        ['topup-suspense', 0],
        ['wallet-main', -500],
      ]),
    );
    expect(disk.journal.views.wallet(uidOf(1))).toMatchObject({
      counter: 1,
      image: image(1, 1),
      last: { seq: 2 },
    });
    expect(disk.journal.views.pending(10)).toEqual([]);
  });

  it('turns held money back when it is dropped, and books all when it turns up after all', async () => {
    await disk.journal.append([settlementDraft(1, seq, 'dropped')]);
    expect([...disk.journal.views.tillTotals(BAR).values()]).toEqual([0, 0]);
    expect(disk.journal.views.wallet(uidOf(1))).toMatchObject({ counter: 0 });
    await disk.journal.append([settlementDraft(1, seq, 'posted')]);
    expect(disk.journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
    expect(disk.journal.views.tapAt({ box: BOX, epoch: 1 as Epoch, seq })?.state).toBe('posted');
  });

  it('knows the newest image of a chip, whatever older one is read from it later', async () => {
    await disk.journal.append([settlementDraft(1, seq)]);
    await disk.journal.append([tapDraft(2, { uid: uidOf(1), wallet: walletOf(1) })]);
    expect(disk.journal.views.wallet(uidOf(1))).toMatchObject({ counter: 1, image: image(1, 1) });
  });

  it('of two images with one counter keeps the one it knew: which of them is the guest’s is for the cloud to judge', async () => {
    await disk.journal.append([settlementDraft(1, seq)]);
    const fork = { slot1: image(1, 9), from: 1 as const, after: image(2, 9) };
    await disk.journal.append([tapDraft(2, { uid: uidOf(1), wallet: walletOf(1), ...fork })]);
    expect(disk.journal.views.wallet(uidOf(1))).toMatchObject({ counter: 1, image: image(1, 1) });
  });

  it('keeps an abandoned tap pending until the cloud decides', async () => {
    await disk.journal.append([settlementDraft(1, seq, 'abandoned')]);
    expect(disk.journal.views.pendingOf(uidOf(1))).toEqual([
      {
        ref: { box: BOX, epoch: 1, seq: 1 },
        tap: tapId(1),
        uid: uidOf(1),
        wallet: walletOf(1),
        generation: 1,
        till: BAR,
        before: image(0),
        after: image(1, 1),
        abandoned: true,
      },
    ]);
    await disk.journal.appendCloud(new SampleCloud().write(settlementDraft(1, seq, 'posted')).batch());
    expect(disk.journal.views.pendingCount()).toBe(0);
    expect(disk.journal.views.cloudSettlement({ box: BOX, epoch: 1 as Epoch, seq })).toMatchObject({
      outcome: 'posted',
      cloudSeq: 1,
    });
    expect(disk.journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
  });

  it('books a settlement that comes twice once', async () => {
    await disk.journal.append([settlementDraft(1, seq)]);
    await disk.journal.append([settlementDraft(1, seq)]);
    await disk.journal.appendCloud(new SampleCloud().write(settlementDraft(1, seq)).batch());
    expect(disk.journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
  });

  it('does not undo what was posted', async () => {
    await disk.journal.append([settlementDraft(1, seq)]);
    await expect(disk.journal.append([settlementDraft(1, seq, 'dropped')])).rejects.toEqual(
      thrown('settlement-contradicts'),
    );
    expect(disk.journal.views.tapAnswer(tapId(1))?.state).toBe('posted');
  });

  it('does not undo it for the cloud either, which had a copied chip’s other tap before our settlement', async () => {
    await disk.journal.append([settlementDraft(1, seq)]);
    await disk.journal.appendCloud(new SampleCloud().write(settlementDraft(1, seq, 'dropped')).batch());
    expect(disk.journal.views.tapAnswer(tapId(1))?.state).toBe('posted');
    expect(disk.journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
    await expect(disk.journal.append([tapDraft(1)])).rejects.toEqual(thrown('tap-id-reused'));
  });
});
