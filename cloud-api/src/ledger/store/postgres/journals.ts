import type { ChipUid, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import { CLOUD_BOX } from '@pulsera/firmware-protocol/ids';
import type { EntryOf } from '@pulsera/firmware-protocol/journal/entry';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import type { JournalKey, JournalRow, Journals, StoredEntry } from '../journals.ts';
import type { EventTransaction } from './event-transaction.ts';
import { heads, lockHead, saveHead } from './journal-heads.ts';
import { insertRows } from './journal-rows.ts';
import { asRef, refColumns } from './ref-columns.ts';

export const journals = (at: EventTransaction): Journals => ({
  lock: key => lockHead(at, key),
  saveHead: (key, head) => saveHead(at, key, head),
  heads: box => heads(at, box),
  append: (key, fromSeq, rows) => insertRows(at, key, fromSeq, rows),
  hashAt: (key, seq) => readHash(at, key, seq),
  after: (key, seq, limit) => readAfter(at, key, seq, limit),
  at: refs => readAt(at, refs),
  about: uids => readAbout(at, uids),
  blocks: uids => readBlocks(at, uids),
});

async function readHash(
  { client, tenantId, eventId }: EventTransaction,
  { box, epoch }: JournalKey,
  seq: Seq,
): Promise<Uint8Array | undefined> {
  const { rows } = await client.query<{ hash: Uint8Array }>(
    'SELECT hash FROM journal WHERE tenant_id = $1 AND event_id = $2 AND box_id = $3 AND epoch = $4 AND seq = $5',
    [tenantId, eventId, box, epoch, seq],
  );
  return rows[0]?.hash;
}

async function readAfter(
  { client, tenantId, eventId }: EventTransaction,
  { box, epoch }: JournalKey,
  seq: Seq,
  limit: number,
): Promise<Pick<JournalRow, 'content' | 'hash'>[]> {
  const { rows } = await client.query<Pick<JournalRow, 'content' | 'hash'>>(
    `SELECT content, hash FROM journal
     WHERE tenant_id = $1 AND event_id = $2 AND box_id = $3 AND epoch = $4 AND seq > $5 ORDER BY seq LIMIT $6`,
    [tenantId, eventId, box, epoch, seq, limit],
  );
  return rows;
}

async function readAt(
  { client, tenantId, eventId }: EventTransaction,
  refs: readonly TapRef[],
): Promise<StoredEntry[]> {
  if (refs.length === 0) return [];
  const { rows } = await client.query(
    `SELECT j.box_id, j.epoch, j.seq, j.content
     FROM unnest($3::int[], $4::bigint[], $5::bigint[]) AS ref (box_id, epoch, seq)
     JOIN journal j ON j.tenant_id = $1 AND j.event_id = $2
       AND j.box_id = ref.box_id AND j.epoch = ref.epoch AND j.seq = ref.seq`,
    [tenantId, eventId, ...refColumns(refs)],
  );
  return rows.map(asStored);
}

async function readAbout(
  { client, tenantId, eventId }: EventTransaction,
  uids: readonly ChipUid[],
): Promise<StoredEntry[]> {
  if (uids.length === 0) return [];
  const { rows } = await client.query(
    `SELECT box_id, epoch, seq, content FROM journal
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[]) ORDER BY box_id, epoch, seq`,
    [tenantId, eventId, uids],
  );
  return rows.map(asStored);
}

async function readBlocks(
  { client, tenantId, eventId }: EventTransaction,
  uids: readonly ChipUid[],
): Promise<EntryOf<'blocked'>[]> {
  const { rows } = await client.query<{ content: Uint8Array }>(
    `SELECT content FROM journal
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[]) AND box_id = $4 AND kind = 'blocked' ORDER BY seq`,
    [tenantId, eventId, uids, CLOUD_BOX],
  );
  return rows.map(({ content }) => decodeEntry(content)).filter(entry => entry.kind === 'blocked');
}

interface Row {
  readonly box_id: number;
  readonly epoch: string;
  readonly seq: string;
  readonly content: Uint8Array;
}

function asStored({ box_id, epoch, seq, content }: Row): StoredEntry {
  return { ...asRef(box_id, epoch, seq), entry: decodeEntry(content) };
}
