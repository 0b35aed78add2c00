import type { ChipUid, Generation, Seq, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Replacement, Replacements } from '../replacements.ts';
import type { EventTransaction } from './event-transaction.ts';

export const replacementRows = (at: EventTransaction): Replacements => ({
  add: replaced => insertReplacement(at, replaced),
  ofWallet: wallet => readReplacements(at, wallet),
  moved: uids => readMoved(at, uids),
  held: obeyedSeq => readHeld(at, obeyedSeq),
  saveMoved: replacement => saveMoved(at, replacement),
});

const COLUMNS = `wallet, generation, uid, block_seq, seq, state, main_minor, bonus_minor, chip_main_minor, chip_bonus_minor`;

async function insertReplacement(
  { client, tenantId, eventId }: EventTransaction,
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

async function readReplacements(
  { client, tenantId, eventId }: EventTransaction,
  wallet: WalletId,
): Promise<Replacement[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM replacement WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 ORDER BY generation`,
    [tenantId, eventId, wallet],
  );
  return rows.map(asReplacement);
}

async function readMoved(
  { client, tenantId, eventId }: EventTransaction,
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

async function readHeld(
  { client, tenantId, eventId }: EventTransaction,
  obeyedSeq: number,
): Promise<Replacement[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM replacement
     WHERE tenant_id = $1 AND event_id = $2 AND state = 'held' AND block_seq <= $3 ORDER BY block_seq, wallet`,
    [tenantId, eventId, obeyedSeq],
  );
  return rows.map(asReplacement);
}

async function saveMoved(
  { client, tenantId, eventId }: EventTransaction,
  { wallet, generation, mainMinor, bonusMinor, chipMainMinor, chipBonusMinor }: Replacement,
): Promise<void> {
  await client.query(
    `UPDATE replacement
     SET state = 'moved', main_minor = $5, bonus_minor = $6, chip_main_minor = $7, chip_bonus_minor = $8
     WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 AND generation = $4`,
    [tenantId, eventId, wallet, generation, mainMinor, bonusMinor, chipMainMinor, chipBonusMinor],
  );
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
