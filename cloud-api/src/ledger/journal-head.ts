/** Where a journal ends: one row each, and the lock under which it grows. */
import type { BoxId, Epoch, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import { genesis } from '@pulsera/firmware-protocol/journal/chain';
import type { TenantTransaction } from '../database/with-tenant.ts';
import { sha256 } from '../keys/sha256.ts';
import type { JournalKey } from './journal-rows.ts';

export interface StoredHead {
  readonly seq: Seq;
  /** Of entry `seq`; the genesis of an empty journal. */
  readonly hash: Uint8Array;
  /** As its keeper signed it; null of an empty journal. */
  readonly head: Uint8Array | null;
  /** As the cloud signed it; null of an empty journal and of the cloud's own. */
  readonly checkpoint: Uint8Array | null;
  /** `forked`: its box sent two versions of it; what is stored stays, and nothing is added any more. */
  readonly state: 'open' | 'forked';
  /** How much of the cloud's journal its box obeys, as far as the entries up to `seq` say; 0 of the cloud's own. */
  readonly obeyedSeq: Seq;
}

const COLUMNS = 'seq, hash, head, checkpoint, state, obeyed_seq';
const SELECT = `SELECT ${COLUMNS} FROM journal_head`;

/** Locked until the end of the transaction. Made where there is none. */
export async function lockHead(tx: TenantTransaction, key: JournalKey): Promise<StoredHead> {
  const ask = () => tx.client.query(`${SELECT} ${OF_JOURNAL} FOR UPDATE`, keyOf(tx, key));
  let { rows } = await ask();
  if (rows.length === 0) {
    await tx.client.query(
      `INSERT INTO journal_head (tenant_id, event_id, box_id, epoch, seq, hash, state)
       VALUES ($1, $2, $3, $4, 0, $5, 'open') ON CONFLICT DO NOTHING`,
      [...keyOf(tx, key), genesis(key.eventId, key.box, key.epoch, sha256)],
    );
    ({ rows } = await ask());
  }
  return asHead(rows[0]);
}

const OF_JOURNAL = 'WHERE tenant_id = $1 AND event_id = $2 AND box_id = $3 AND epoch = $4';
const keyOf = ({ tenantId }: TenantTransaction, { eventId, box, epoch }: JournalKey) => [
  tenantId,
  eventId,
  box,
  epoch,
];

export async function saveHead(tx: TenantTransaction, key: JournalKey, head: StoredHead): Promise<void> {
  await tx.client.query(
    `UPDATE journal_head SET seq = $5, hash = $6, head = $7, checkpoint = $8, state = $9, obeyed_seq = $10
     ${OF_JOURNAL}`,
    [...keyOf(tx, key), head.seq, head.hash, head.head, head.checkpoint, head.state, head.obeyedSeq],
  );
}

export interface ListedHead extends StoredHead {
  readonly box: BoxId;
  readonly epoch: Epoch;
}

/** Of an event, or of one of its boxes, in order. Empty journals are left out. */
export async function listHeads(tx: TenantTransaction, eventId: EventId, box?: BoxId): Promise<ListedHead[]> {
  const { rows } = await tx.client.query(
    `SELECT box_id, epoch, ${COLUMNS} FROM journal_head
     WHERE tenant_id = $1 AND event_id = $2 AND ($3::int IS NULL OR box_id = $3) AND seq > 0 ORDER BY box_id, epoch`,
    [tx.tenantId, eventId, box ?? null],
  );
  return rows.map(row => ({ ...asHead(row), box: row.box_id, epoch: Number(row.epoch) as Epoch }));
}

/** The hash of one entry, or undefined past the end. */
export async function storedHash(
  tx: TenantTransaction,
  key: JournalKey,
  seq: Seq,
): Promise<Uint8Array | undefined> {
  const { rows } = await tx.client.query(`SELECT hash FROM journal ${OF_JOURNAL} AND seq = $5`, [
    ...keyOf(tx, key),
    seq,
  ]);
  return rows[0]?.hash;
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
