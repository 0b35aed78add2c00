/** The archive, read back by hand: an auditor has no other source. */
import { gunzipSync } from 'node:zlib';
import type { BoxId, Epoch, EventId } from '@pulsera/firmware-protocol/ids';
import { CborReader } from '@pulsera/firmware-protocol/journal/cbor';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { decode } from 'cborg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { ADMIN_TOKEN, type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { buy, JournalBox, load } from '../../test/journal-box.ts';
import { register, sendBatch, sender } from '../../test/sending.ts';
import { verifierOf } from '../keys/ed25519.ts';
import { sha256 } from '../keys/sha256.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const download = (path: string) =>
  fetch(`${cloud.url}${path}/export`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });

type Item = [kind: string, ...fields: unknown[]];

async function archive(festival: Festival): Promise<Item[]> {
  const response = await download(festival.path);
  expect(response.headers.get('content-type')).toBe('application/gzip');
  let rest = new Uint8Array(gunzipSync(Buffer.from(await response.arrayBuffer())));
  const items: Item[] = [];
  while (rest.length > 0) {
    const length = itemLength(rest);
    items.push(decode(rest.subarray(0, length)));
    rest = rest.subarray(length);
  }
  return items;
}

/** Skips one item of the kinds that the archive has. */
function itemLength(bytes: Uint8Array): number {
  const input = new CborReader(bytes);
  const skip = () => {
    const major = (bytes[input.offset] ?? 0) >> 5;
    if (major <= 1) input.int();
    else if (major === 2) input.bytes(0, bytes.length);
    else if (major === 3) input.text(bytes.length);
    else if (major === 4) for (let left = input.array(0, 10_000); left > 0; left--) skip();
    else if (!input.null()) throw new Error(`major type ${major} in the archive`);
  };
  skip();
  return input.offset;
}

test('every journal can be checked from the archive alone, and cases, balances and quarantine are in it', async () => {
  const festival = await createFestival(cloud);
  const [one, two] = [await sender(cloud, festival), await sender(cloud, festival)];
  const chip = new Chip(1, 5000);
  await register(cloud, festival, [chip]);
  const clone = chip.copy();
  for (let i = 0; i < 600; i++) one.journal.tap(chip, [load(10)]);
  two.journal.tap(clone, [buy(1, 300)]);
  await sendBatch(cloud, one, one.journal.batch());
  await sendBatch(cloud, two, two.journal.batch());
  const twin = new JournalBox(two.journal.event, two.journal.box, 1, two.journal.sign);
  twin.tap(clone, [load(1)]);
  await sendBatch(cloud, two, twin.batch());

  const items = await archive(festival);
  expect(items.map(([kind]) => kind)).toEqual([
    'pulsera-export',
    ...['key', 'key', 'key'],
    ...['journal', 'entries', 'journal', 'entries', 'entries', 'journal', 'entries'],
    'quarantine',
    ...Array(items.length - 15).fill('balance'),
    ...['case', 'case'],
    'end',
  ]);
  expect(items[0]?.slice(1, 6)).toEqual([1, festival.tenantId, festival.eventId, 'Wiesenklang 2026', 'EUR']);
  expect(items.at(-1)).toEqual(['end', items.length - 1]);

  const keys = new Map(
    items.filter(([kind]) => kind === 'key').map(([, box, key]) => [box, key as Uint8Array]),
  );
  for (const [at, item] of items.entries()) {
    if (item[0] !== 'journal') continue;
    const [, box, epoch, lastSeq, lastHash, head, checkpoint, state] = item as [
      string,
      BoxId,
      Epoch,
      number,
      Uint8Array,
      Uint8Array,
      Uint8Array | null,
      string,
    ];
    let hash = genesis(festival.eventId as EventId, box, epoch, sha256);
    let seq = 0;
    for (const [kind, ofBox, ofEpoch, from, contents] of items.slice(at + 1)) {
      if (kind !== 'entries') break;
      expect([ofBox, ofEpoch, from]).toEqual([box, epoch, seq + 1]);
      for (const content of contents as Uint8Array[]) {
        hash = entryHash(hash, content, sha256);
        seq++;
      }
    }
    expect(seq).toBe(lastSeq);
    expect(Buffer.from(hash)).toEqual(Buffer.from(lastHash));
    const end = { event: festival.eventId, box, epoch, seq: lastSeq };
    expect(openHead('pulsera/head', head, verifierOf(keys.get(box) ?? new Uint8Array()))).toMatchObject(end);
    expect(checkpoint === null).toBe(box === 0);
    if (checkpoint) {
      const cloudKey = verifierOf(keys.get(0) ?? new Uint8Array());
      expect(openHead('pulsera/checkpoint', checkpoint, cloudKey)).toMatchObject(end);
    }
    expect(state).toBe(box === two.enrolled.boxId ? 'forked' : 'open');
  }
  const balances = items
    .filter(([kind]) => kind === 'balance')
    .map(([, , amountMinor]) => Number(amountMinor));
  expect(balances.length).toBeGreaterThan(3);
  expect(balances.reduce((sum, amountMinor) => sum + amountMinor, 0)).toBe(0);
  expect(items.filter(([kind]) => kind === 'case').map(item => item[2])).toEqual(['fork', 'journal-forked']);
});

test('an unknown event is an answer, not a broken archive', async () => {
  const festival = await createFestival(cloud);
  const answer = await download(`/v1/tenants/${festival.tenantId}/events/999999`);
  expect(answer.status).toBe(404);
});

test('an event of which nothing happened is an archive too', async () => {
  const items = await archive(await createFestival(cloud));
  expect(items.map(([kind]) => kind)).toEqual(['pulsera-export', 'key', 'end']);
});
