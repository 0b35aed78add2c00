/** Where a journal ends: one row each, and the lock under which it grows. */
import type { BoxId, Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { genesis } from '@pulsera/firmware-protocol/journal/chain';
import { sha256 } from '../../../keys/sha256.ts';
import type { JournalKey, ListedHead, StoredHead } from '../journals.ts';
import type { EventTransaction } from './event-transaction.ts';

const COLUMNS = 'seq, hash, head, checkpoint, state, obeyed_seq';
const SELECT = `SELECT ${COLUMNS} FROM journal_head`;

export async function lockHead(at: EventTransaction, key: JournalKey): Promise<StoredHead> {
  const ask = () => at.client.query(`${SELECT} ${OF_JOURNAL} FOR UPDATE`, keyOf(at, key));
  let { rows } = await ask();
  if (rows.length === 0) {
    await at.client.query(
      `INSERT INTO journal_head (tenant_id, event_id, box_id, epoch, seq, hash, state)
       VALUES ($1, $2, $3, $4, 0, $5, 'open') ON CONFLICT DO NOTHING`,
      [...keyOf(at, key), genesis(at.eventId, key.box, key.epoch, sha256)],
    );
    ({ rows } = await ask());
  }
  return asHead(rows[0]);
}

const OF_JOURNAL = 'WHERE tenant_id = $1 AND event_id = $2 AND box_id = $3 AND epoch = $4';
const keyOf = ({ tenantId, eventId }: EventTransaction, { box, epoch }: JournalKey) => [
  tenantId,
  eventId,
  box,
  epoch,
];

export async function saveHead(at: EventTransaction, key: JournalKey, head: StoredHead): Promise<void> {
  await at.client.query(
    `UPDATE journal_head SET seq = $5, hash = $6, head = $7, checkpoint = $8, state = $9, obeyed_seq = $10
     ${OF_JOURNAL}`,
    [...keyOf(at, key), head.seq, head.hash, head.head, head.checkpoint, head.state, head.obeyedSeq],
  );
}

export async function heads(
  { client, tenantId, eventId }: EventTransaction,
  box?: BoxId,
): Promise<ListedHead[]> {
  const { rows } = await client.query(
    `SELECT box_id, epoch, ${COLUMNS} FROM journal_head
     WHERE tenant_id = $1 AND event_id = $2 AND ($3::int IS NULL OR box_id = $3) AND seq > 0 ORDER BY box_id, epoch`,
    [tenantId, eventId, box ?? null],
  );
  return rows.map(row => ({ ...asHead(row), box: row.box_id, epoch: Number(row.epoch) as Epoch }));
}

function asHead(row: Record<string, unknown> | undefined): StoredHead {
  if (!row) throw new Error('a journal head vanished: rows of it are never deleted');
  return {
    seq: Number(row.seq) as Seq,
    hash: row.hash as Uint8Array,
    head: row.head as Uint8Array | null,
    checkpoint: row.checkpoint as Uint8Array | null,
    state: row.state as StoredHead['state'],
    obeyedSeq: Number(row.obeyed_seq) as Seq,
  };
}
