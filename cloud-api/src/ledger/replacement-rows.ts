/** Replaced wristbands in the database: what of each has moved on to the wallet's next wristband. */
import {
  type ChipUid,
  CLOUD_BOX,
  type EventId,
  type Generation,
  type Seq,
  type WalletId,
} from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import type { TenantTransaction } from '../database/with-tenant.ts';

export interface Replacement {
  readonly wallet: WalletId;
  /** The one that ended. */
  readonly generation: Generation;
  /** Its chip. */
  readonly uid: ChipUid;
  /** First entry of the cloud's journal that takes the chip out of use: a box whose cursor is there obeys it. */
  readonly blockSeq: Seq;
  /** Of the entry `replaced`. */
  readonly seq: Seq;
  readonly state: 'held' | 'moved';
  /** What has moved. */
  readonly mainMinor: number;
  readonly bonusMinor: number;
  /** The chip's part of the books when it did: `ChipState`'s. */
  readonly chipMainMinor: number;
  readonly chipBonusMinor: number;
}

const COLUMNS = `wallet, generation, uid, block_seq, seq, state, main_minor, bonus_minor, chip_main_minor, chip_bonus_minor`;

export async function insertReplacement(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  {
    wallet,
    generation,
    uid,
    blockSeq,
    seq,
  }: Pick<Replacement, 'wallet' | 'generation' | 'uid' | 'blockSeq' | 'seq'>,
): Promise<void> {
  await client.query(
    `INSERT INTO replacement (tenant_id, event_id, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, 'held', 0, 0, 0, 0)`,
    [tenantId, eventId, wallet, generation, uid, blockSeq, seq],
  );
}

/** A wallet's, oldest generation first. */
export async function readReplacements(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  wallet: WalletId,
): Promise<Replacement[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM replacement WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 ORDER BY generation`,
    [tenantId, eventId, wallet],
  );
  return rows.map(asReplacement);
}

/** Those of these chips whose balance has moved on. */
export async function readMoved(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  uids: readonly ChipUid[],
): Promise<Replacement[]> {
  if (uids.length === 0) return [];
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM replacement
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[]) AND state = 'moved'`,
    [tenantId, eventId, uids],
  );
  return rows.map(asReplacement);
}

/** Held back, and blocked at `obeyedSeq` or before. */
export async function readHeld(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  obeyedSeq: number,
): Promise<Replacement[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM replacement
     WHERE tenant_id = $1 AND event_id = $2 AND state = 'held' AND block_seq <= $3 ORDER BY block_seq, wallet`,
    [tenantId, eventId, obeyedSeq],
  );
  return rows.map(asReplacement);
}

export async function saveMoved(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  { wallet, generation, mainMinor, bonusMinor, chipMainMinor, chipBonusMinor }: Replacement,
): Promise<void> {
  await client.query(
    `UPDATE replacement
     SET state = 'moved', main_minor = $5, bonus_minor = $6, chip_main_minor = $7, chip_bonus_minor = $8
     WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 AND generation = $4`,
    [tenantId, eventId, wallet, generation, mainMinor, bonusMinor, chipMainMinor, chipBonusMinor],
  );
}

/** Where the cloud's journal first blocks a wristband; undefined where it doesn't. */
export async function blockedAt(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  { uid, wallet, generation }: Pick<Replacement, 'uid' | 'wallet' | 'generation'>,
): Promise<Seq | undefined> {
  const { rows } = await client.query<{ content: Uint8Array }>(
    `SELECT content FROM journal
     WHERE tenant_id = $1 AND event_id = $2 AND uid = $3 AND box_id = $4 AND kind = 'blocked' ORDER BY seq`,
    [tenantId, eventId, uid, CLOUD_BOX],
  );
  const blocks = rows.map(({ content }) => decodeEntry(content));
  return blocks.find(
    ({ kind, body }) => kind === 'blocked' && body.wallet === wallet && body.generation === generation,
  )?.seq;
}

function asReplacement(row: Record<string, unknown>): Replacement {
  return {
    wallet: row.wallet as WalletId,
    generation: row.generation as Generation,
    uid: row.uid as ChipUid,
    blockSeq: Number(row.block_seq) as Seq,
    seq: Number(row.seq) as Seq,
    state: row.state as Replacement['state'],
    mainMinor: Number(row.main_minor),
    bonusMinor: Number(row.bonus_minor),
    chipMainMinor: Number(row.chip_main_minor),
    chipBonusMinor: Number(row.chip_bonus_minor),
  };
}
