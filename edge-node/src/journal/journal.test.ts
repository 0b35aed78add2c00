import { statSync } from 'node:fs';
import type { Epoch, OperatorId, Seq, TillId } from '@pulsera/firmware-protocol/ids';
import { type Draft, decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BOX,
  boxKey,
  cloudKey,
  EVENT,
  HandClock,
  image,
  keyPair,
  SampleCloud,
  sampleOptions,
  scratch,
  settlementDraft,
  sha256,
  tapBody,
  tapDraft,
  tapId,
  uidOf,
  walletOf,
} from '../../test/journal-sample.ts';
import { openWriter } from './database.ts';
import { type Journal, type JournalOptions, openJournal, verifyJournal } from './journal.ts';

const BAR = 'bar-1' as TillId;
const BO = 'bo' as OperatorId;
const fault = (code: string) => expect.objectContaining({ name: 'Fault', code });
const verified = (options: JournalOptions) =>
  verifyJournal({ place: options.place, sha256, verify: boxKey.verify, verifyCloud: cloudKey.verify });

let clock: HandClock;
let place: ReturnType<typeof scratch>;
let options: ReturnType<typeof sampleOptions>;
let journal: Journal;

beforeEach(() => {
  clock = new HandClock();
  place = scratch();
  options = sampleOptions(place.dir, clock);
  journal = openJournal(options);
});
afterEach(async () => {
  await journal.close();
  place.remove();
});

async function reopen(change: Partial<JournalOptions> = {}): Promise<Journal> {
  await journal.close();
  journal = openJournal({ ...options, ...change });
  return journal;
}

/** Changes rows behind the journal's back, as a bad disk does. */
async function damage(sql: string): Promise<void> {
  await journal.close();
  const db = openWriter(options.file);
  for (const table of ['entry', 'head']) {
    for (const verb of ['update', 'delete']) db.exec(`DROP TRIGGER ${table}_no_${verb}`);
  }
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

async function post(n: number): Promise<Seq> {
  const [tap] = await journal.append([tapDraft(n)]);
  const seq = tap?.seq ?? (0 as Seq);
  await journal.append([settlementDraft(n, seq, 'posted', journal.epoch)]);
  return seq;
}

describe('group commit', () => {
  it('gives callers of one turn one head, and each of them its own entries', async () => {
    const answers = await Promise.all([1, 2, 3].map(n => journal.append([tapDraft(n)])));
    expect(answers.map(entries => entries.map(({ seq }) => seq))).toEqual([[1], [2], [3]]);
    expect(verified(options).epochs).toEqual([{ epoch: 1, entries: 3, heads: 1 }]);
  });

  it('refuses a bad draft to its caller alone', async () => {
    const bad: Draft = { kind: 'tap', body: tapBody(2, { after: new Uint8Array(19) }) };
    const unbalanced: Draft = {
      kind: 'tap',
      body: tapBody(5, { held: [{ account: accounts.breakage, amountMinor: 1 }] }),
    };
    const tooLong: Draft = { kind: 'fault', body: { code: 'x', till: null, message: 'x'.repeat(501) } };
    const answers = await Promise.allSettled([
      journal.append([tapDraft(1)]),
      journal.append([tapDraft(3), bad]),
      journal.append([unbalanced]),
      journal.append([tooLong]),
      journal.append([settlementDraft(9, 9 as Seq)]),
      journal.append([tapDraft(4)]),
    ]);
    expect(
      answers.map(answer => (answer.status === 'fulfilled' ? answer.value[0]?.seq : answer.reason)),
    ).toEqual([
      1,
      fault('draft-invalid'),
      fault('draft-invalid'),
      fault('draft-invalid'),
      fault('settlement-unknown'),
      2,
    ]);
    expect(journal.views.tapAnswer(tapId(3))).toBeUndefined();
    expect(journal.views.pendingCount()).toBe(2);
    expect(verified(options).epochs).toEqual([{ epoch: 1, entries: 2, heads: 1 }]);
  });

  it('answers nobody before the entries are on disk', async () => {
    const appended = journal.append([tapDraft(1)]);
    expect(verified(options).epochs[0]?.entries).toBe(0);
    await appended;
    expect(verified(options).epochs[0]?.entries).toBe(1);
  });

  it('tells listeners of each commit, clock jumps included', async () => {
    const heard: string[][] = [];
    const stop = journal.onAppended(({ entries }) => heard.push(entries.map(({ kind }) => kind)));
    await post(1);
    clock.set(0);
    await journal.append([tapDraft(2)]);
    stop();
    await journal.append([tapDraft(3)]);
    expect(heard).toEqual([['tap'], ['settlement'], ['clock-jump', 'tap']]);
  });

  it('goes on after a reading of several views that failed', async () => {
    const failing = () => {
      throw new RangeError('no such thing');
    };
    expect(() => journal.views.atOnce(failing)).toThrow(RangeError);
    expect(journal.views.atOnce(() => [journal.views.pendingCount(), journal.lastSeq])).toEqual([0, 0]);
    expect(await journal.append([tapDraft(1)])).toHaveLength(1);
  });

  it('writes no head when every caller was refused', async () => {
    await expect(journal.append([settlementDraft(9, 9 as Seq)])).rejects.toEqual(fault('settlement-unknown'));
    expect(verified(options).epochs).toEqual([{ epoch: 1, entries: 0, heads: 0 }]);
  });

  it('refuses what comes after closing', async () => {
    await journal.close();
    await expect(journal.append([tapDraft(1)])).rejects.toEqual(fault('journal-closed'));
  });
});

describe('the file', () => {
  it('lets nobody but its owner read it', () => {
    for (const suffix of ['', '-wal', '-shm', '-lock']) {
      expect(statSync(options.file + suffix).mode & 0o777).toBe(0o600);
    }
  });

  it.each(['entry', 'head'])('refuses to change or delete a row of %s', async table => {
    await post(1);
    await journal.close();
    const db = openWriter(options.file);
    expect(() => db.exec(`UPDATE ${table} SET at = at + 10`)).toThrow(/append-only/);
    expect(() => db.exec(`DELETE FROM ${table}`)).toThrow(/append-only/);
    expect(() => db.exec(`INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow();
    db.close();
    expect(verified(options).epochs).toEqual([{ epoch: 1, entries: 2, heads: 2 }]);
  });

  it('is written by one process at a time', () => {
    expect(() => openJournal(options)).toThrow(fault('journal-in-use'));
  });

  it('belongs to one box of one event', async () => {
    await journal.close();
    expect(() => openJournal({ ...options, box: 4 as typeof BOX })).toThrow(fault('journal-foreign'));
    expect(() => openJournal({ ...options, event: 8 as typeof EVENT })).toThrow(fault('journal-foreign'));
  });

  it('counts the times it was opened', async () => {
    expect(journal.boot).toBe(1);
    expect((await reopen()).boot).toBe(2);
    const [entry] = await journal.append([tapDraft(1)]);
    expect(entry?.boot).toBe(2);
  });
});

describe('start after a crash', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 20; n++) await post(n);
  });

  it('goes on where it ended', async () => {
    await reopen();
    expect(journal.lastSeq).toBe(40);
    expect(await post(21)).toBe(41);
    expect(verified(options).epochs[0]?.entries).toBe(42);
  });

  it.each([21, 30, 39, 40])('names entry %i when a bit of its content flipped', async seq => {
    await damage(
      `UPDATE entry SET content = CAST(substr(content, 1, 40) || x'a5' || substr(content, 42) AS BLOB) WHERE at = ${seq}`,
    );
    expect(() => openJournal(options)).toThrow(
      expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq }) }),
    );
    expect(() => verified(options)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ seq }) }),
    );
  });

  it('leaves what lies before the tail to the full verification', async () => {
    await damage(`UPDATE entry SET content = CAST(content || x'00' AS BLOB) WHERE at = 2`);
    await reopen();
    expect(() => verified(options)).toThrow(
      expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq: 2 }) }),
    );
  });

  it('names a missing entry', async () => {
    await damage('DELETE FROM entry WHERE at = 35');
    expect(() => openJournal(options)).toThrow(
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
    await damage(sql);
    expect(() => openJournal(options)).toThrow(
      expect.objectContaining({ code: 'journal-damaged', detail: expect.objectContaining({ seq: 40 }) }),
    );
  });

  it("refuses a journal that another box's key signed", async () => {
    await journal.close();
    expect(() => openJournal({ ...options, verify: keyPair(9).verify })).toThrow(fault('journal-damaged'));
  });
});

describe('repeated taps', () => {
  const first = new Uint8Array(32).fill(1);
  const other = new Uint8Array(32).fill(2);

  it('get the first answer after a crash between settlement and answer', async () => {
    const [tap] = await journal.append([tapDraft(1)], { request: first });
    await journal.append([settlementDraft(1, tap?.seq ?? (0 as Seq))]);
    await reopen();
    expect(journal.views.tapAnswer(tapId(1), first)).toEqual({
      ref: { box: BOX, epoch: 1, seq: 1 },
      entry: tap,
      abandoned: false,
      state: 'posted',
    });
    journal.rebuild();
    expect(journal.views.tapAnswer(tapId(1), first)?.state).toBe('posted');
  });

  it('are told from another request under the same id', async () => {
    await journal.append([tapDraft(1)], { request: first });
    expect(() => journal.views.tapAnswer(tapId(1), other)).toThrow(fault('tap-id-reused'));
    journal.rebuild();
    expect(() => journal.views.tapAnswer(tapId(1), other)).toThrow(fault('tap-id-reused'));
  });

  it('never write a chip twice, but may try again after a dropped write', async () => {
    const [tap] = await journal.append([tapDraft(1)]);
    await expect(journal.append([tapDraft(1)])).rejects.toEqual(fault('tap-id-reused'));
    await journal.append([settlementDraft(1, tap?.seq ?? (0 as Seq), 'dropped'), tapDraft(1)]);
    expect(journal.views.tapAnswer(tapId(1))).toMatchObject({ ref: { seq: 3 }, state: 'pending' });
  });

  it('are unknown when they were never written', () => {
    expect(journal.views.tapAnswer(tapId(1), first)).toBeUndefined();
  });
});

describe('settling', () => {
  const held = postings([accounts.cash(BAR), 500], [accounts.topupSuspense, -500]);
  const posted = postings([accounts.topupSuspense, 500], [accounts.walletMain(walletOf(1)), -500]);
  const seq = 1 as Seq;

  beforeEach(async () => {
    await journal.append([tapDraft(1, { held, posted })]);
  });

  it('books what is held at once, and the rest when it is posted', async () => {
    expect(journal.views.tillTotals(BAR)).toEqual(
      new Map([
        ['cash:bar-1', 500],
        ['topup-suspense', -500],
      ]),
    );
    await journal.append([settlementDraft(1, seq)]);
    expect(journal.views.tillTotals(BAR)).toEqual(
      new Map([
        ['cash:bar-1', 500],
        ['topup-suspense', 0],
        ['wallet-main', -500],
      ]),
    );
    expect(journal.views.wallet(uidOf(1))).toMatchObject({
      counter: 1,
      image: image(1, 1),
      last: { seq: 2 },
    });
    expect(journal.views.pending(10)).toEqual([]);
  });

  it('turns held money back when it is dropped, and books all when it turns up after all', async () => {
    await journal.append([settlementDraft(1, seq, 'dropped')]);
    expect([...journal.views.tillTotals(BAR).values()]).toEqual([0, 0]);
    expect(journal.views.wallet(uidOf(1))).toMatchObject({ counter: 0 });
    await journal.append([settlementDraft(1, seq, 'posted')]);
    expect(journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
    expect(journal.views.tapAt({ box: BOX, epoch: 1 as Epoch, seq })?.state).toBe('posted');
  });

  it('knows the newest image of a chip, whatever older one is read from it later', async () => {
    await journal.append([settlementDraft(1, seq)]);
    await journal.append([tapDraft(2, { uid: uidOf(1), wallet: walletOf(1) })]);
    expect(journal.views.wallet(uidOf(1))).toMatchObject({ counter: 1, image: image(1, 1) });
  });

  it('keeps an abandoned tap pending until the cloud decides', async () => {
    await journal.append([settlementDraft(1, seq, 'abandoned')]);
    expect(journal.views.pendingOf(uidOf(1))).toEqual([
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
    await journal.appendCloud(new SampleCloud().write(settlementDraft(1, seq, 'posted')).batch());
    expect(journal.views.pendingCount()).toBe(0);
    expect(journal.views.cloudSettlement({ box: BOX, epoch: 1 as Epoch, seq })).toMatchObject({
      outcome: 'posted',
      cloudSeq: 1,
    });
    expect(journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
  });

  it('books a settlement that comes twice once', async () => {
    await journal.append([settlementDraft(1, seq)]);
    await journal.append([settlementDraft(1, seq)]);
    await journal.appendCloud(new SampleCloud().write(settlementDraft(1, seq)).batch());
    expect(journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
  });

  it('does not undo what was posted', async () => {
    await journal.append([settlementDraft(1, seq)]);
    await expect(journal.append([settlementDraft(1, seq, 'dropped')])).rejects.toEqual(
      fault('settlement-contradicts'),
    );
    expect(journal.views.tapAnswer(tapId(1))?.state).toBe('posted');
  });

  it('does not undo it for the cloud either, which had a copied chip’s other tap before our settlement', async () => {
    await journal.append([settlementDraft(1, seq)]);
    await journal.appendCloud(new SampleCloud().write(settlementDraft(1, seq, 'dropped')).batch());
    expect(journal.views.tapAnswer(tapId(1))?.state).toBe('posted');
    expect(journal.views.tillTotals(BAR).get('wallet-main')).toBe(-500);
    await expect(journal.append([tapDraft(1)])).rejects.toEqual(fault('tap-id-reused'));
  });
});

describe('the clock', () => {
  it('is journaled when it jumps back an hour, and the bar stays open', async () => {
    await post(1);
    clock.pass(1000);
    const expected = clock.wallMs();
    clock.set(expected - 3_600_000);
    await post(2);
    const [jump, tap] = journal.entriesAfter(2 as Seq, 2, 1e6).map(decodeEntry);
    expect(jump).toMatchObject({
      kind: 'clock-jump',
      body: { fromMs: expected, toMs: expected - 3_600_000 },
    });
    expect(tap).toMatchObject({ kind: 'tap', wallMs: expected - 3_600_000 });
  });

  it.each([Number.NaN, -5, 1.5, Number.POSITIVE_INFINITY])('never stops a sale, be it %d', async wallMs => {
    clock.set(wallMs);
    await post(1);
    expect(verified(options).epochs[0]?.heads).toBe(2);
  });
});

describe('for sync', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 5; n++) await post(n);
  });

  it('gives entries by count and by bytes, and always at least one', () => {
    const all = journal.entriesAfter(0 as Seq, 100, 1e6);
    expect(all.map(content => decodeEntry(content).seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(journal.entriesAfter(4 as Seq, 3, 1e6).map(content => decodeEntry(content).seq)).toEqual([
      5, 6, 7,
    ]);
    const two = (all[0]?.length ?? 0) + (all[1]?.length ?? 0);
    expect(journal.entriesAfter(0 as Seq, 100, two)).toHaveLength(2);
    expect(journal.entriesAfter(0 as Seq, 100, 1)).toHaveLength(1);
    expect(journal.entriesAfter(10 as Seq, 100, 1e6)).toEqual([]);
  });

  it('signs a head for any entry', () => {
    const head = openHead('pulsera/head', journal.headAt(7 as Seq), boxKey.verify);
    expect(head).toMatchObject({ event: EVENT, box: BOX, epoch: 1, seq: 7, wallMs: clock.wallMs() });
    expect(openHead('pulsera/head', journal.headAt(0 as Seq), boxKey.verify).seq).toBe(0);
    expect(() => journal.headAt(11 as Seq)).toThrow(fault('entry-missing'));
  });

  it('keeps the latest checkpoint, and tells from one what this disk has lost', () => {
    const head = (seq: number) => openHead('pulsera/head', journal.headAt(seq as Seq), boxKey.verify);
    journal.acceptCheckpoint(head(8), Uint8Array.of(8));
    journal.acceptCheckpoint(head(3), Uint8Array.of(3));
    expect(journal.checkpoint()).toMatchObject({ seq: 8 });
    const ahead = { ...head(10), seq: 11 as Seq };
    expect(() => journal.acceptCheckpoint(ahead, Uint8Array.of(1))).toThrow(fault('journal-behind'));
    const forked = { ...head(10), hash: head(9).hash };
    expect(() => journal.acceptCheckpoint(forked, Uint8Array.of(1))).toThrow(fault('journal-forked'));
    const foreign = { ...head(10), box: 9 as typeof BOX };
    expect(() => journal.acceptCheckpoint(foreign, Uint8Array.of(1))).toThrow(fault('journal-foreign'));
    expect(journal.checkpoint()).toMatchObject({ seq: 8 });
  });
});

describe('epochs', () => {
  it('start a chain of their own over the same books', async () => {
    await post(1);
    await journal.append([tapDraft(2)]);
    journal.openEpoch(2 as Epoch);
    expect([journal.epoch, journal.lastSeq]).toEqual([2, 0]);
    await journal.append([settlementDraft(2, 3 as Seq)]);
    await reopen();
    expect([journal.epoch, journal.lastSeq]).toEqual([2, 1]);
    expect(journal.views.tillTotals(BAR).get('revenue:bar' as never)).toBe(-2000);
    expect(journal.views.tapAnswer(tapId(2))).toMatchObject({ ref: { epoch: 1, seq: 3 }, state: 'posted' });
    expect(journal.epochs()).toEqual([
      { epoch: 1, lastSeq: 3 },
      { epoch: 2, lastSeq: 1 },
    ]);
    expect(journal.entriesAfter(0 as Seq, 10, 1e6)).toHaveLength(1);
    expect(journal.entriesAfter(0 as Seq, 10, 1e6, 1 as Epoch)).toHaveLength(3);
    expect(verified(options).epochs.map(({ entries }) => entries)).toEqual([3, 1]);
  });

  it('do not go back', () => {
    expect(() => journal.openEpoch(1 as Epoch)).toThrow(fault('epoch-not-newer'));
  });

  it('may be opened again before anything was written in one', async () => {
    journal.openEpoch(2 as Epoch);
    journal.openEpoch(5 as Epoch);
    await post(1);
    await reopen();
    expect([journal.epoch, journal.lastSeq]).toEqual([5, 2]);
    expect(verified(options).epochs.map(({ entries }) => entries)).toEqual([0, 0, 2]);
  });

  it('go on from what the older one had taken and the cloud had not acknowledged, until it has had its say', async () => {
    const taken = () => journal.views.exposure().takenMinor;
    const acknowledge = (seq: number, epoch: number) => {
      const head = openHead('pulsera/head', journal.headAt(seq as Seq, epoch as Epoch), boxKey.verify);
      journal.acceptCheckpoint(head, Uint8Array.of(seq));
    };
    await post(1);
    await post(2);
    await journal.append([
      { kind: 'cap-extended', body: { cap: 'box-offline', byMinor: 70, approvedBy: BO } },
    ]);
    acknowledge(2, 1);
    journal.openEpoch(2 as Epoch);
    expect(journal.views.exposure()).toMatchObject({ takenMinor: 1200, boxExtendedMinor: 70 });
    await post(3);
    journal.openEpoch(3 as Epoch);
    await reopen();
    expect(taken()).toBe(2400);
    journal.rebuild();
    expect(taken()).toBe(2400);
    // The older epochs' ends are sent first: what they took is told.
    acknowledge(4, 1);
    expect(journal.views.exposure()).toMatchObject({ takenMinor: 1200, boxExtendedMinor: 70 });
    acknowledge(2, 2);
    expect(taken()).toBe(0);
    await post(4);
    await post(5);
    acknowledge(2, 3);
    expect(taken()).toBe(1200);
  });
});
