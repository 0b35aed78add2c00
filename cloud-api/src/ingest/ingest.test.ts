/** Boxes against a real cloud on a real PostgreSQL, through HTTP. */
import { request } from 'node:http';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { buy, JournalBox, load } from '../../test/journal-box.ts';
import { post, register, type Sender, sendBatch, sender } from '../../test/sending.ts';
import { verifierOf } from '../keys/ed25519.ts';

let cloud: TestCloud;
let festival: Festival;
let box: Sender;
let chipNumber = 0;

beforeAll(async () => {
  cloud = await testCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(async () => {
  festival = await createFestival(cloud);
  box = await sender(cloud, festival);
});

const freshChip = async (balanceMinor = 0) => {
  const chip = new Chip(++chipNumber, balanceMinor);
  await register(cloud, festival, [chip]);
  return chip;
};
const Accepted = z.strictObject({ checkpoint: z.string(), nextSeq: z.int() });
const read = async <T>(list: string, schema: z.ZodType<T>) =>
  schema.parse((await cloud.call('GET', `${festival.path}/${list}`)).body);
const balances = async () => {
  const { balances: rows } = await read(
    'balances',
    z.object({ balances: z.array(z.object({ account: z.string(), amountMinor: z.int() })) }),
  );
  return Object.fromEntries(rows.map(({ account, amountMinor }) => [account, amountMinor]));
};
const cases = async () =>
  (await read('cases', z.object({ cases: z.array(z.looseObject({ kind: z.string() })) }))).cases;
const cloudEntries = async (sender: Sender, after = 0) => {
  const response = await fetch(`${cloud.url}/v1/edge/cloud-journal?after=${after}`, {
    headers: { authorization: `Bearer ${sender.enrolled.token}` },
  });
  if (response.status === 204) return [];
  const batch = decodeBatch(new Uint8Array(await response.arrayBuffer()));
  const head = openHead('pulsera/head', batch.head, verifierOf(cloud.cloud.signer.publicKey));
  expect(head).toMatchObject({ box: 0, epoch: 1, seq: after + batch.contents.length });
  return batch.contents.map(decodeEntry);
};

test('a batch is booked, and answered with a checkpoint that the cloud signed', async () => {
  const chip = await freshChip();
  box.journal.tap(chip, [load(2000)]);
  box.journal.tap(chip, [buy(2, 550)]);
  const answer = await sendBatch(cloud, box, box.journal.batch());
  expect(answer.status).toBe(200);
  const { checkpoint, nextSeq } = Accepted.parse(answer.body);
  expect(nextSeq).toBe(5);
  const opened = openHead(
    'pulsera/checkpoint',
    new Uint8Array(Buffer.from(checkpoint, 'base64')),
    verifierOf(cloud.cloud.signer.publicKey),
  );
  expect(opened).toMatchObject({ box: box.enrolled.boxId, epoch: 1, seq: 4 });
  expect(Buffer.from(opened.hash)).toEqual(Buffer.from(box.journal.hashes[3] ?? []));
  expect(await balances()).toEqual({
    'cash:bar-1': 2000,
    deposit: -400,
    'revenue:main-bar': -917,
    'tax:2000': -183,
    [`wallet-main:${chip.wallet}`]: -500,
  });
  expect(await cases()).toEqual([]);
});

test.each([
  ['zstd', zstdCompressSync],
  ['br', brotliCompressSync],
  ['gzip', gzipSync],
  ['identity', (bytes: Uint8Array) => bytes],
])('a batch may come as %s', async (encoding, pack) => {
  box.journal.tap(await freshChip(), [load(100)]);
  const answer = await post(cloud, box.enrolled.token, pack(box.journal.batch()), {
    'content-encoding': encoding,
  });
  expect(answer.status).toBe(200);
});

describe('the same entries again', () => {
  test('a replay, a part and an overlap are answered and book nothing twice', async () => {
    const chip = await freshChip();
    for (let i = 0; i < 4; i++) box.journal.tap(chip, [load(100)]);
    const first = await sendBatch(cloud, box, box.journal.batch(1, 4));
    expect(await sendBatch(cloud, box, box.journal.batch(1, 4))).toMatchObject({
      status: 200,
      body: first.body,
    });
    expect(await sendBatch(cloud, box, box.journal.batch(2, 3))).toMatchObject({
      status: 200,
      body: first.body,
    });
    const overlap = await sendBatch(cloud, box, box.journal.batch(3, 8));
    expect(overlap).toMatchObject({ status: 200, body: { nextSeq: 9 } });
    expect((await balances())['cash:bar-1']).toBe(400);
  });

  test('the same batch sent four times at once is taken once', async () => {
    const chip = await freshChip();
    for (let i = 0; i < 20; i++) box.journal.tap(chip, [load(100)]);
    const batch = box.journal.batch();
    const answers = await Promise.all([1, 2, 3, 4].map(() => sendBatch(cloud, box, batch)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await balances())['cash:bar-1']).toBe(2000);
  });
});

describe('what does not fit', () => {
  test('a gap is answered with what is expected, and nothing is kept', async () => {
    const chip = await freshChip();
    for (let i = 0; i < 4; i++) box.journal.tap(chip, [load(100)]);
    await sendBatch(cloud, box, box.journal.batch(1, 2));
    const answer = await sendBatch(cloud, box, box.journal.batch(5, 8));
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'journal-gap',
        detail: { expectedSeq: 3, expectedHash: Buffer.from(box.journal.hashes[1] ?? []).toString('hex') },
      },
    });
  });

  test('another history under the same numbers is kept in quarantine, with one case, and the epoch is closed', async () => {
    const chip = await freshChip();
    box.journal.tap(chip, [load(100)]);
    const twin = new JournalBox(box.journal.event, box.journal.box, 1, box.journal.sign);
    for (let n = 0; n < 3; n++) twin.tap(await freshChip(), [load(900)]);
    await sendBatch(cloud, box, box.journal.batch());
    // A box sends the rest of such an epoch as well, although nothing of it can be joined to what is stored.
    for (const batch of [twin.batch(1, 4), twin.batch(3, 4), twin.batch(5, 6), twin.batch(1, 4)]) {
      const answer = await sendBatch(cloud, box, batch);
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'journal-forked', detail: { epoch: 1, heldSeq: 2 } },
      });
    }
    const kept = await cloud.database.asOwner(
      'SELECT from_seq FROM quarantine WHERE event_id = $1 ORDER BY 1',
      [festival.eventId],
    );
    expect(kept.rows.map(row => Number(row.from_seq))).toEqual([1, 3, 5]);
    expect(await cases()).toMatchObject([{ kind: 'journal-forked', subject: `${box.enrolled.boxId}/1` }]);
    expect((await balances())['cash:bar-1']).toBe(100);

    // What was stored can still be repeated; what would follow it can't be added; a new epoch can.
    expect(await sendBatch(cloud, box, box.journal.batch())).toMatchObject({ status: 200 });
    box.journal.tap(chip, [load(100)]);
    expect(await sendBatch(cloud, box, box.journal.batch(3, 4))).toMatchObject({
      body: { code: 'journal-forked' },
    });
    const next = new JournalBox(box.journal.event, box.journal.box, 2, box.journal.sign);
    next.tap(chip, [load(50)]);
    expect(await sendBatch(cloud, box, next.batch())).toMatchObject({ status: 200, body: { nextSeq: 3 } });
    const heads = await fetch(`${cloud.url}/v1/edge/journal`, {
      headers: { authorization: `Bearer ${box.enrolled.token}` },
    });
    expect(await heads.json()).toMatchObject({
      epochs: [
        { epoch: 1, seq: 2, state: 'forked' },
        { epoch: 2, seq: 2, state: 'open' },
      ],
    });
  });

  test('one flipped bit anywhere is refused', async () => {
    const chip = await freshChip();
    box.journal.tap(chip, [load(100)]);
    const batch = box.journal.batch();
    const codes = new Set<string>();
    for (let at = 0; at < batch.length; at += 7) {
      const answer = await sendBatch(cloud, box, batch.with(at, (batch[at] ?? 0) ^ (1 << (at % 8))));
      expect(answer.status, `byte ${at}`).toBeGreaterThanOrEqual(400);
      codes.add(z.looseObject({ code: z.string() }).parse(answer.body).code);
    }
    const known = ['batch-head-mismatch', 'cbor-malformed', 'journal-foreign', 'signature-invalid'];
    expect([...codes].filter(code => !known.includes(code))).toEqual([]);
    expect(await balances()).toEqual({});
  });

  test('entries in another order are refused', async () => {
    const chip = await freshChip();
    box.journal.tap(chip, [load(100)]);
    const swapped = new JournalBox(box.journal.event, box.journal.box, 1, box.journal.sign);
    Object.assign(swapped, { entries: box.journal.entries, hashes: box.journal.hashes });
    swapped.contents.push(...box.journal.contents.toReversed());
    expect(await sendBatch(cloud, box, swapped.batch(1, 2))).toMatchObject({
      status: 400,
      body: { code: 'batch-head-mismatch' },
    });
  });

  test('another box’s journal is refused, even under its own signature', async () => {
    const other = await sender(cloud, festival);
    other.journal.tap(await freshChip(), [load(100)]);
    expect(await sendBatch(cloud, box, other.journal.batch())).toMatchObject({
      status: 403,
      body: { code: 'journal-foreign' },
    });
    const posing = new JournalBox(box.journal.event, box.journal.box, 1, other.journal.sign);
    posing.tap(await freshChip(), [load(100)]);
    expect(await sendBatch(cloud, box, posing.batch())).toMatchObject({
      status: 400,
      body: { code: 'signature-invalid' },
    });
  });

  test('a signed entry that nobody understands is named with its offset', async () => {
    box.journal.tap(await freshChip(), [load(100)]);
    const strange = new JournalBox(box.journal.event, box.journal.box, 1, box.journal.sign);
    const content = (box.journal.contents[0] ?? new Uint8Array()).with(1, 9);
    strange.contents.push(content);
    strange.hashes.push(new Uint8Array(strange.hashBefore(1)));
    const { entryHash } = await import('@pulsera/firmware-protocol/journal/chain');
    const { sha256 } = await import('../keys/sha256.ts');
    strange.hashes[0] = entryHash(strange.hashBefore(1), content, sha256);
    expect(await sendBatch(cloud, box, strange.batch(1, 1))).toMatchObject({
      status: 422,
      body: { code: 'entry-unreadable', detail: { seq: 1, offset: 1 } },
    });
  });

  test('100 MB are refused before they are sent', async () => {
    const sent = await new Promise<{ status: number | undefined; bytes: number }>((resolve, reject) => {
      const upload = request(`${cloud.url}/v1/edge/journal`, {
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
    expect(await post(cloud, box.enrolled.token, bomb, { 'content-encoding': 'zstd' })).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
  });

  test.each([
    ['no CBOR', { 'content-type': 'application/json' }, 415, 'media-type-unknown'],
    ['a strange packing', { 'content-encoding': 'lzma' }, 415, 'content-encoding-unknown'],
    ['another packing than it says', { 'content-encoding': 'gzip' }, 400, 'body-malformed'],
  ])('%s is refused', async (_name, headers, status, code) => {
    box.journal.tap(await freshChip(), [load(100)]);
    expect(await post(cloud, box.enrolled.token, box.journal.batch(), headers)).toMatchObject({
      status,
      body: { code },
    });
  });

  test('what a revoked box sends is kept aside and booked nowhere', async () => {
    box.journal.tap(await freshChip(), [load(100)]);
    await sendBatch(cloud, box, box.journal.batch());
    await cloud.call('POST', `${festival.path}/edges/${box.enrolled.boxId}/revoke`);
    box.journal.tap(await freshChip(), [load(700)]);
    expect(await sendBatch(cloud, box, box.journal.batch(3, 4))).toMatchObject({
      status: 403,
      body: { code: 'journal-revoked' },
    });
    expect(await cases()).toMatchObject([{ kind: 'journal-revoked' }]);
    expect((await balances())['cash:bar-1']).toBe(100);
  });
});

describe('two boxes', () => {
  test('a torn tap settled at the other box is booked, told to its own box, and given back once when abandoned', async () => {
    const other = await sender(cloud, festival);
    const chip = await freshChip();
    box.journal.tap(chip, [load(3000)]);
    const torn = box.journal.tap(chip, [buy(1, 550)], 'written');
    if (!torn) throw new Error('declined');
    box.journal.settle(torn, 'abandoned', 'none');
    await sendBatch(cloud, box, box.journal.batch());
    expect((await balances())['revenue:main-bar']).toBeUndefined();

    other.journal.tap(chip, [buy(1, 300)]);
    await sendBatch(cloud, other, other.journal.batch());
    const told = await cloudEntries(box, 1);
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
    const wallet = await cloud.call('GET', `${festival.path}/wallets/${chip.wallet}`);
    expect(wallet.body).toMatchObject({
      mainMinor: 3000 - 500,
      chips: [{ uid: chip.uid, blocked: false, image: { balanceMinor: 3000 - 750 - 500 }, pendingTaps: 0 }],
      credits: [{ number: 1, mainMinor: 750 }],
    });
    expect(await cases()).toEqual([]);
  });

  test('a clone used at both becomes one case with its loss, and the wristband is blocked for all', async () => {
    const other = await sender(cloud, festival);
    const chip = await freshChip(5000);
    const clone = chip.copy();
    box.journal.tap(chip, [buy(1, 550)]);
    box.journal.tap(chip, [buy(1, 550)]);
    other.journal.tap(clone, [buy(1, 300)]);
    await sendBatch(cloud, box, box.journal.batch());
    await sendBatch(cloud, other, other.journal.batch());
    expect(await cases()).toMatchObject([
      // The clone's branch: 500 spent and 4,500 left on it; and neither box obeys the block yet.
      { number: 1, kind: 'fork', uid: chip.uid, lossBoundMinor: 5000 + 2 * 5000, state: 'open' },
    ]);
    other.journal.tap(clone, [buy(1, 100)]);
    await sendBatch(cloud, other, other.journal.batch());
    expect(await cases()).toHaveLength(1);
    const blocks = (await cloudEntries(box)).filter(({ kind }) => kind === 'blocked');
    expect(blocks).toMatchObject([{ body: { uid: chip.uid, reason: 'fork' } }]);
  });

  test('the same chips at two boxes at the same time, in opposite order, are all booked', async () => {
    const other = await sender(cloud, festival);
    const chips = await Promise.all(Array.from({ length: 30 }, () => freshChip()));
    for (const chip of chips) box.journal.tap(chip, [load(100)]);
    for (const chip of chips.toReversed()) other.journal.tap(chip, [load(10)]);
    const all: Promise<unknown>[] = [];
    for (let from = 1; from <= 60; from += 12) {
      // Each box in order, the two of them against each other.
      const send = async (of: Sender) => sendBatch(cloud, of, of.journal.batch(1, from + 11));
      all.push(send(box), send(other));
    }
    await Promise.all(all);
    await sendBatch(cloud, box, box.journal.batch());
    await sendBatch(cloud, other, other.journal.batch());
    expect((await balances())['cash:bar-1']).toBe(30 * 110);
    expect(await cases()).toEqual([]);
  });

  test('a late journal that reaches behind a pruned state is settled from the whole history', async () => {
    const other = await sender(cloud, festival);
    const chip = await freshChip(10_000);
    const clone = chip.copy();
    for (let i = 0; i < 5; i++) box.journal.tap(chip, [buy(1, 100)]);
    await sendBatch(cloud, box, box.journal.batch());
    other.journal.tap(clone, [buy(1, 100)]);
    await sendBatch(cloud, other, other.journal.batch());
    expect(await cases()).toMatchObject([
      { kind: 'fork', uid: chip.uid, lossBoundMinor: 10_000 + 2 * 10_000 },
    ]);
  });
});

test('a chip used before it was reported has no case afterwards', async () => {
  const chip = new Chip(++chipNumber, 1000);
  box.journal.tap(chip, [buy(1, 300)]);
  await sendBatch(cloud, box, box.journal.batch());
  await register(cloud, festival, [chip]);
  await cloud.call('POST', `${festival.path}/journals/complete`);
  expect(await cases()).toEqual([]);
});

test('an image that nobody made is a case once the journals are declared complete', async () => {
  const chip = await freshChip();
  const forged = new Chip(chipNumber, 9000);
  box.journal.tap(forged, [buy(1, 300)]);
  await sendBatch(cloud, box, box.journal.batch());
  expect(await cases()).toEqual([]);
  expect((await cloud.call('POST', `${festival.path}/journals/complete`)).body).toEqual({
    chips: 1,
    forged: 1,
    quarantined: 0,
  });
  expect(await cases()).toMatchObject([{ kind: 'forgery', uid: chip.uid, lossBoundMinor: 9000 }]);
});

test('an entry that does not add up is kept, booked and made a case', async () => {
  const chip = await freshChip(1000);
  const planned = chip.plan([buy(1, 300)], 5);
  if (!planned) throw new Error('declined');
  const honest = new JournalBox(box.journal.event, box.journal.box, 1, box.journal.sign);
  const ref = honest.begin(chip, [buy(1, 300)]);
  const entry = honest.entries[(ref?.seq ?? 0) - 1];
  if (entry?.kind !== 'tap') throw new Error('no tap');
  box.journal.append({ kind: 'tap', body: { ...entry.body, posted: [] } });
  await sendBatch(cloud, box, box.journal.batch());
  expect(await cases()).toMatchObject([{ kind: 'entry-inconsistent', detail: { flaws: 'postings' } }]);
});

test('a hint comes when the cloud’s journal grows, and at once to those who are behind', async () => {
  const ask = async (after: number) => {
    const response = await fetch(`${cloud.url}/v1/edge/hints?after=${after}`, {
      headers: { authorization: `Bearer ${box.enrolled.token}` },
    });
    return z.strictObject({ cloudSeq: z.int() }).parse(await response.json()).cloudSeq as Seq;
  };
  const chip = await freshChip();
  const now = await ask(0);
  expect(now).toBe(1);
  const waiting = ask(now);
  await cloud.call('POST', `${festival.path}/wristbands/${chip.uid}/block`, { body: { reason: 'lost' } });
  expect(await waiting).toBe(2);
});
