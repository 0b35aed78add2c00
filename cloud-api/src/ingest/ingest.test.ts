/** Boxes against a real cloud on a real PostgreSQL, through HTTP. */
import { request } from 'node:http';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Chip } from '../../test/chip.ts';
import { testEvent } from '../../test/event.ts';
import { buy, JournalBox, load } from '../../test/journal-box.ts';
import { post, type Sender } from '../../test/sending.ts';
import { verifierOf } from '../keys/ed25519.ts';

const event = testEvent();
let box: Sender;

beforeEach(async () => {
  box = await event.box();
});

const Accepted = z.strictObject({ checkpoint: z.string(), nextSeq: z.int() });

test('a batch is booked, and answered with a checkpoint that the cloud signed', async () => {
  const chip = await event.wristband();
  box.journal.tap(chip, [load(2000)]);
  box.journal.tap(chip, [buy(2, 550)]);
  const answer = await event.send(box);
  expect(answer.status).toBe(200);
  const { checkpoint, nextSeq } = Accepted.parse(answer.body);
  expect(nextSeq).toBe(5);
  const opened = openHead(
    'pulsera/checkpoint',
    new Uint8Array(Buffer.from(checkpoint, 'base64')),
    verifierOf(event.cloud.cloud.signer.publicKey),
  );
  expect(opened).toMatchObject({ box: box.enrolled.boxId, epoch: 1, seq: 4 });
  expect(Buffer.from(opened.hash)).toEqual(Buffer.from(box.journal.hashes[3] ?? []));
  expect(await event.balances()).toEqual({
    'cash:bar-1': 2000,
    deposit: -400,
    'revenue:main-bar': -917,
    'tax:2000': -183,
    [`wallet-main:${chip.wallet}`]: -500,
  });
  expect(await event.cases()).toEqual([]);
});

test.each([
  ['zstd', zstdCompressSync],
  ['br', brotliCompressSync],
  ['gzip', gzipSync],
  ['identity', (bytes: Uint8Array) => bytes],
])('a batch may come as %s', async (encoding, pack) => {
  box.journal.tap(await event.wristband(), [load(100)]);
  const answer = await post(event.cloud, box.enrolled.token, pack(box.journal.batch()), {
    'content-encoding': encoding,
  });
  expect(answer.status).toBe(200);
});

async function countedEntries() {
  const text = await (await fetch(`${event.cloud.url}/metrics`)).text();
  const figure = (what: string) => {
    const found = new RegExp(`^pulsera_journal_entries_total{what="${what}"} (\\d+)$`, 'm').exec(text);
    return Number(found?.[1]);
  };
  return { taken: figure('taken'), known: figure('known') };
}

describe('the same entries again', () => {
  test('a replay, a part and an overlap are answered, counted as such, and book nothing twice', async () => {
    const before = await countedEntries();
    const chip = await event.wristband();
    for (let i = 0; i < 4; i++) box.journal.tap(chip, [load(100)]);
    const first = await event.send(box, box.journal.batch(1, 4));
    expect(await event.send(box, box.journal.batch(1, 4))).toMatchObject({
      status: 200,
      body: first.body,
    });
    expect(await event.send(box, box.journal.batch(2, 3))).toMatchObject({
      status: 200,
      body: first.body,
    });
    const overlap = await event.send(box, box.journal.batch(3, 8));
    expect(overlap).toMatchObject({ status: 200, body: { nextSeq: 9 } });
    expect((await event.balances())['cash:bar-1']).toBe(400);
    const after = await countedEntries();
    expect([after.taken - before.taken, after.known - before.known]).toEqual([8, 4 + 2 + 2]);
  });

  test('the same batch sent four times at once is taken once', async () => {
    const chip = await event.wristband();
    for (let i = 0; i < 20; i++) box.journal.tap(chip, [load(100)]);
    const batch = box.journal.batch();
    const answers = await Promise.all([1, 2, 3, 4].map(() => event.send(box, batch)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await event.balances())['cash:bar-1']).toBe(2000);
  });
});

describe('what does not fit', () => {
  test('a gap is answered with what is expected, and nothing is kept', async () => {
    const chip = await event.wristband();
    for (let i = 0; i < 4; i++) box.journal.tap(chip, [load(100)]);
    await event.send(box, box.journal.batch(1, 2));
    const answer = await event.send(box, box.journal.batch(5, 8));
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'journal-gap',
        detail: { expectedSeq: 3, expectedHash: Buffer.from(box.journal.hashes[1] ?? []).toString('hex') },
      },
    });
  });

  test('another history under the same numbers is kept in quarantine, with one case, and the epoch is closed', async () => {
    const chip = await event.wristband();
    box.journal.tap(chip, [load(100)]);
    const twin = event.twin(box);
    for (let n = 0; n < 3; n++) twin.tap(await event.wristband(), [load(900)]);
    await event.send(box);
    // A box sends the rest of such an epoch as well, although nothing of it can be joined to what is stored.
    for (const batch of [twin.batch(1, 4), twin.batch(3, 4), twin.batch(5, 6), twin.batch(1, 4)]) {
      const answer = await event.send(box, batch);
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'journal-forked', detail: { epoch: 1, heldSeq: 2 } },
      });
    }
    const kept = await event.cloud.database.asOwner(
      'SELECT from_seq FROM quarantine WHERE event_id = $1 ORDER BY 1',
      [event.festival.eventId],
    );
    expect(kept.rows.map(row => Number(row.from_seq))).toEqual([1, 3, 5]);
    expect(await event.cases()).toMatchObject([
      { kind: 'journal-forked', subject: `${box.enrolled.boxId}/1` },
    ]);
    expect((await event.balances())['cash:bar-1']).toBe(100);

    // What was stored can still be repeated; what would follow it can't be added; a new epoch can.
    expect(await event.send(box)).toMatchObject({ status: 200 });
    box.journal.tap(chip, [load(100)]);
    expect(await event.send(box, box.journal.batch(3, 4))).toMatchObject({
      body: { code: 'journal-forked' },
    });
    const next = event.twin(box, 2);
    next.tap(chip, [load(50)]);
    expect(await event.send(box, next.batch())).toMatchObject({ status: 200, body: { nextSeq: 3 } });
    const heads = await event.fetch(box, 'journal');
    expect(await heads.json()).toMatchObject({
      epochs: [
        { epoch: 1, seq: 2, state: 'forked' },
        { epoch: 2, seq: 2, state: 'open' },
      ],
    });
  });

  test('one flipped bit anywhere is refused', async () => {
    const chip = await event.wristband();
    box.journal.tap(chip, [load(100)]);
    const batch = box.journal.batch();
    const codes = new Set<string>();
    for (let at = 0; at < batch.length; at += 7) {
      const answer = await event.send(box, batch.with(at, (batch[at] ?? 0) ^ (1 << (at % 8))));
      expect(answer.status, `byte ${at}`).toBeGreaterThanOrEqual(400);
      codes.add(z.looseObject({ code: z.string() }).parse(answer.body).code);
    }
    const known = ['batch-head-mismatch', 'cbor-malformed', 'journal-foreign', 'signature-invalid'];
    expect([...codes].filter(code => !known.includes(code))).toEqual([]);
    expect(await event.balances()).toEqual({});
  });

  test('entries in another order are refused', async () => {
    const chip = await event.wristband();
    box.journal.tap(chip, [load(100)]);
    const swapped = event.twin(box);
    Object.assign(swapped, { entries: box.journal.entries, hashes: box.journal.hashes });
    swapped.contents.push(...box.journal.contents.toReversed());
    expect(await event.send(box, swapped.batch(1, 2))).toMatchObject({
      status: 400,
      body: { code: 'batch-head-mismatch' },
    });
  });

  test('another box’s journal is refused, even under its own signature', async () => {
    const other = await event.box();
    other.journal.tap(await event.wristband(), [load(100)]);
    expect(await event.send(box, other.journal.batch())).toMatchObject({
      status: 403,
      body: { code: 'journal-foreign' },
    });
    const posing = new JournalBox(box.journal.event, box.journal.box, 1, other.journal.sign);
    posing.tap(await event.wristband(), [load(100)]);
    expect(await event.send(box, posing.batch())).toMatchObject({
      status: 400,
      body: { code: 'signature-invalid' },
    });
  });

  test('a signed entry that nobody understands is named with its offset', async () => {
    box.journal.tap(await event.wristband(), [load(100)]);
    const strange = event.twin(box);
    const content = (box.journal.contents[0] ?? new Uint8Array()).with(1, 9);
    strange.contents.push(content);
    strange.hashes.push(new Uint8Array(strange.hashBefore(1)));
    const { entryHash } = await import('@pulsera/firmware-protocol/journal/chain');
    const { sha256 } = await import('../keys/sha256.ts');
    strange.hashes[0] = entryHash(strange.hashBefore(1), content, sha256);
    expect(await event.send(box, strange.batch(1, 1))).toMatchObject({
      status: 422,
      body: { code: 'entry-unreadable', detail: { seq: 1, offset: 1 } },
    });
  });

  test('100 MB are refused before they are sent', async () => {
    const sent = await new Promise<{ status: number | undefined; bytes: number }>((resolve, reject) => {
      const upload = request(`${event.cloud.url}/v1/edge/journal`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${box.enrolled.token}`,
          'content-type': 'application/cbor',
          'content-length': 100_000_000,
        },
      });
      upload.on('response', response => {
        resolve({ status: response.statusCode, bytes: upload.socket?.bytesWritten ?? 0 });
        upload.destroy();
      });
      upload.on('error', reject);
      upload.flushHeaders();
    });
    expect(sent.status).toBe(413);
    expect(sent.bytes).toBeLessThan(1000);
  });

  test('a small body that unpacks to a large one is refused', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await post(event.cloud, box.enrolled.token, bomb, { 'content-encoding': 'zstd' })).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
  });

  test.each([
    ['no CBOR', { 'content-type': 'application/json' }, 415, 'media-type-unknown'],
    ['a strange packing', { 'content-encoding': 'lzma' }, 415, 'content-encoding-unknown'],
    ['another packing than it says', { 'content-encoding': 'gzip' }, 400, 'body-malformed'],
  ])('%s is refused', async (_name, headers, status, code) => {
    box.journal.tap(await event.wristband(), [load(100)]);
    expect(await post(event.cloud, box.enrolled.token, box.journal.batch(), headers)).toMatchObject({
      status,
      body: { code },
    });
  });

  test('what a revoked box sends is kept aside and booked nowhere', async () => {
    box.journal.tap(await event.wristband(), [load(100)]);
    await event.send(box);
    await event.revoke(box);
    box.journal.tap(await event.wristband(), [load(700)]);
    expect(await event.send(box, box.journal.batch(3, 4))).toMatchObject({
      status: 403,
      body: { code: 'journal-revoked' },
    });
    expect(await event.cases()).toMatchObject([{ kind: 'journal-revoked' }]);
    expect((await event.balances())['cash:bar-1']).toBe(100);
  });
});

describe('two boxes', () => {
  test('a torn tap settled at the other box is booked, told to its own box, and given back once when abandoned', async () => {
    const other = await event.box();
    const chip = await event.wristband();
    box.journal.tap(chip, [load(3000)]);
    const torn = box.journal.tap(chip, [buy(1, 550)], 'written');
    if (!torn) throw new Error('declined');
    box.journal.settle(torn, 'abandoned', 'none');
    await event.send(box);
    expect((await event.balances())['revenue:main-bar']).toBeUndefined();

    other.journal.tap(chip, [buy(1, 300)]);
    await event.send(other);
    const told = await event.cloudEntries(box, 1);
    expect(told).toMatchObject([
      { kind: 'settlement', body: { of: torn, outcome: 'posted', evidence: 'graph' } },
      {
        kind: 'credited',
        body: {
          wallet: chip.wallet,
          number: 1,
          mainMinor: 750,
          source: 'given-back',
          reference: `tap:${torn.box}/1/${torn.seq}`,
        },
      },
    ]);
    expect(await event.wallet(chip)).toMatchObject({
      mainMinor: 3000 - 500,
      chips: [{ uid: chip.uid, blocked: false, image: { balanceMinor: 3000 - 750 - 500 }, pendingTaps: 0 }],
      credits: [{ number: 1, mainMinor: 750 }],
    });
    expect(await event.cases()).toEqual([]);
  });

  test('a clone used at both becomes one case with its loss, and the wristband is blocked for all', async () => {
    const other = await event.box();
    const chip = await event.wristband(5000);
    const clone = chip.copy();
    box.journal.tap(chip, [buy(1, 550)]);
    box.journal.tap(chip, [buy(1, 550)]);
    other.journal.tap(clone, [buy(1, 300)]);
    await event.send(box);
    await event.send(other);
    expect(await event.cases()).toMatchObject([
      // The clone's branch: 500 spent and 4,500 left on it; and neither box obeys the block yet.
      { number: 1, kind: 'fork', uid: chip.uid, lossBoundMinor: 5000 + 2 * 5000, state: 'open' },
    ]);
    other.journal.tap(clone, [buy(1, 100)]);
    await event.send(other);
    expect(await event.cases()).toHaveLength(1);
    const blocks = (await event.cloudEntries(box)).filter(({ kind }) => kind === 'blocked');
    expect(blocks).toMatchObject([{ body: { uid: chip.uid, reason: 'fork' } }]);
  });

  test('the same chips at two boxes at the same time, in opposite order, are all booked', async () => {
    const other = await event.box();
    const chips = await Promise.all(Array.from({ length: 30 }, () => event.wristband()));
    for (const chip of chips) box.journal.tap(chip, [load(100)]);
    for (const chip of chips.toReversed()) other.journal.tap(chip, [load(10)]);
    const all: Promise<unknown>[] = [];
    for (let from = 1; from <= 60; from += 12) {
      // Each box in order, the two of them against each other.
      const send = async (of: Sender) => event.send(of, of.journal.batch(1, from + 11));
      all.push(send(box), send(other));
    }
    await Promise.all(all);
    await event.send(box);
    await event.send(other);
    expect((await event.balances())['cash:bar-1']).toBe(30 * 110);
    expect(await event.cases()).toEqual([]);
  });

  test('a late journal that reaches behind a pruned state is settled from the whole history', async () => {
    const other = await event.box();
    const chip = await event.wristband(10_000);
    const clone = chip.copy();
    for (let i = 0; i < 5; i++) box.journal.tap(chip, [buy(1, 100)]);
    await event.send(box);
    other.journal.tap(clone, [buy(1, 100)]);
    await event.send(other);
    expect(await event.cases()).toMatchObject([
      { kind: 'fork', uid: chip.uid, lossBoundMinor: 10_000 + 2 * 10_000 },
    ]);
  });
});

test('a chip used before it was reported has no case afterwards', async () => {
  const chip = event.stranger(1000);
  box.journal.tap(chip, [buy(1, 300)]);
  await event.send(box);
  await event.register(chip);
  await event.complete();
  expect(await event.cases()).toEqual([]);
});

test('an image that nobody made is a case once the journals are declared complete', async () => {
  const chip = await event.wristband();
  const forged = new Chip(Number.parseInt(chip.uid.slice(2), 16), 9000);
  box.journal.tap(forged, [buy(1, 300)]);
  await event.send(box);
  expect(await event.cases()).toEqual([]);
  expect(await event.complete()).toEqual({ chips: 1, forged: 1, quarantined: 0 });
  expect(await event.cases()).toMatchObject([{ kind: 'forgery', uid: chip.uid, lossBoundMinor: 9000 }]);
});

test('an entry that does not add up is kept, booked and made a case', async () => {
  const chip = await event.wristband(1000);
  const planned = chip.plan([buy(1, 300)], 5);
  if (!planned) throw new Error('declined');
  const honest = event.twin(box);
  const ref = honest.begin(chip, [buy(1, 300)]);
  const entry = honest.entries[(ref?.seq ?? 0) - 1];
  if (entry?.kind !== 'tap') throw new Error('no tap');
  box.journal.append({ kind: 'tap', body: { ...entry.body, posted: [] } });
  await event.send(box);
  expect(await event.cases()).toMatchObject([{ kind: 'entry-inconsistent', detail: { flaws: 'postings' } }]);
});

test('a hint comes when the cloud’s journal grows, and at once to those who are behind', async () => {
  const ask = async (after: number) => {
    const response = await event.fetch(box, `hints?after=${after}`);
    return z.strictObject({ cloudSeq: z.int() }).parse(await response.json()).cloudSeq as Seq;
  };
  const chip = await event.wristband();
  const now = await ask(0);
  expect(now).toBe(1);
  const waiting = ask(now);
  await event.block(chip, 'lost');
  expect(await waiting).toBe(2);
});
