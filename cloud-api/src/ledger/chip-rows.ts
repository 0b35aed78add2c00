/** Chip states in the database. */
import type { ChipUid, EventId, WalletId } from '@pulsera/firmware-protocol/ids';
import { CborWriter } from '@pulsera/firmware-protocol/journal/cbor';
import { decodeGraph, writeGraph } from '@pulsera/firmware-protocol/purse/graph-codec';
import { arrayLiteral } from '../database/array-literal.ts';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { ChipState } from './chip-state.ts';

const COLUMNS = 'uid, wallet, generation, registered, blocked, graph, main_minor, bonus_minor';

/** @param lock `locked` until the end of the transaction, in the order of UIDs, so that two transactions never wait for each other. */
export async function readChips(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  uids: readonly ChipUid[],
  lock: 'locked' | 'unlocked',
): Promise<Map<ChipUid, ChipState>> {
  if (uids.length === 0) return new Map();
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM chip_state WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[])
     ORDER BY uid ${lock === 'locked' ? 'FOR UPDATE' : ''}`,
    [tenantId, eventId, arrayLiteral(uids)],
  );
  return new Map(rows.map(row => [row.uid, asState(row)]));
}

/** A wallet's chips, oldest generation first. */
export async function readWalletChips(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  wallet: WalletId,
): Promise<ChipState[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM chip_state WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 ORDER BY generation, uid`,
    [tenantId, eventId, wallet],
  );
  return rows.map(asState);
}

/** Chips that nobody registered and that name the wallet of one of these. */
export async function readClaims(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  registered: readonly Pick<ChipState, 'wallet'>[],
): Promise<ChipState[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM chip_state
     WHERE tenant_id = $1 AND event_id = $2 AND wallet = ANY($3::text[]) AND NOT registered ORDER BY uid`,
    [tenantId, eventId, registered.map(({ wallet }) => wallet)],
  );
  return rows.map(asState);
}

function asState(row: Record<string, unknown>): ChipState {
  return {
    uid: row.uid as ChipState['uid'],
    wallet: row.wallet as ChipState['wallet'],
    generation: row.generation as ChipState['generation'],
    registered: row.registered as boolean,
    blocked: row.blocked as boolean,
    graph: decodeGraph(row.graph as Uint8Array),
    mainMinor: Number(row.main_minor),
    bonusMinor: Number(row.bonus_minor),
  };
}

/** New states of chips that are locked. Whether a chip is blocked follows from the cloud's journal, and is set there. */
export async function saveChips(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  chips: readonly ChipState[],
): Promise<void> {
  if (chips.length === 0) return;
  const blob = new CborWriter();
  const at: number[] = [];
  const lengths: number[] = [];
  for (const { graph } of chips) {
    const start = blob.length;
    writeGraph(blob, graph);
    at.push(start + 1);
    lengths.push(blob.length - start);
  }
  // The chips' keys are given twice: without the second, a join with every chip of the event looks cheapest to the planner.
  await client.query(
    `UPDATE chip_state AS chip
     SET graph = substring($3::bytea FROM at FOR length), main_minor = new.main_minor, bonus_minor = new.bonus_minor
     FROM unnest($4::text[], $5::int[], $6::int[], $7::bigint[], $8::bigint[])
       AS new (uid, at, length, main_minor, bonus_minor)
     WHERE chip.tenant_id = $1 AND chip.event_id = $2 AND chip.uid = new.uid AND chip.uid = ANY($4::text[])`,
    [
      tenantId,
      eventId,
      blob.done(),
      arrayLiteral(chips.map(({ uid }) => uid)),
      arrayLiteral(at),
      arrayLiteral(lengths),
      arrayLiteral(chips.map(({ mainMinor }) => mainMinor)),
      arrayLiteral(chips.map(({ bonusMinor }) => bonusMinor)),
    ],
  );
}
