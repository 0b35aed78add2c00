import type { ChipUid, WalletId } from '@pulsera/firmware-protocol/ids';
import { CborWriter } from '@pulsera/firmware-protocol/journal/cbor';
import { EMPTY_GRAPH } from '@pulsera/firmware-protocol/purse/graph';
import { decodeGraph, encodeGraph, writeGraph } from '@pulsera/firmware-protocol/purse/graph-codec';
import { arrayLiteral } from '../../../database/array-literal.ts';
import type { ChipState } from '../../chip-state.ts';
import type { Chips } from '../chips.ts';
import type { EventTransaction } from './event-transaction.ts';
import { joined } from './journal-rows.ts';

export const chipRows = (at: EventTransaction): Chips => ({
  read: (uids, lock) => readChips(at, uids, lock),
  ofWallet: wallet => readWalletChips(at, wallet),
  unregistered: wallets => readUnregistered(at, wallets),
  owned: wallets => readOwned(at, wallets),
  meet: strangers => insertStrangers(at, strangers),
  register: chips => saveRegistered(at, chips),
  save: chips => saveChips(at, chips),
  block: uids => block(at, uids),
  page: (after, limit) => readPage(at, after, limit),
});

const COLUMNS = 'uid, wallet, generation, registered, blocked, graph, main_minor, bonus_minor';

async function readChips(
  { client, tenantId, eventId }: EventTransaction,
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

async function readWalletChips(
  { client, tenantId, eventId }: EventTransaction,
  wallet: WalletId,
): Promise<ChipState[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM chip_state WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 ORDER BY generation, uid`,
    [tenantId, eventId, wallet],
  );
  return rows.map(asState);
}

async function readUnregistered(
  { client, tenantId, eventId }: EventTransaction,
  wallets: readonly WalletId[],
): Promise<ChipState[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM chip_state
     WHERE tenant_id = $1 AND event_id = $2 AND wallet = ANY($3::text[]) AND NOT registered ORDER BY uid`,
    [tenantId, eventId, wallets],
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

async function saveChips(
  { client, tenantId, eventId }: EventTransaction,
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

async function readOwned(
  { client, tenantId, eventId }: EventTransaction,
  wallets: readonly WalletId[],
): Promise<ReadonlySet<WalletId>> {
  const { rows } = await client.query<{ wallet: WalletId }>(
    `SELECT DISTINCT wallet FROM chip_state
     WHERE tenant_id = $1 AND event_id = $2 AND wallet = ANY($3::text[]) AND registered`,
    [tenantId, eventId, wallets],
  );
  return new Set(rows.map(({ wallet }) => wallet));
}

async function insertStrangers(
  { client, tenantId, eventId }: EventTransaction,
  strangers: readonly Pick<ChipState, 'uid' | 'wallet' | 'generation'>[],
): Promise<void> {
  if (strangers.length === 0) return;
  const inOrder = strangers.toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
  await client.query(
    `INSERT INTO chip_state (tenant_id, event_id, uid, wallet, generation, registered, blocked, graph, main_minor, bonus_minor)
     SELECT $1, $2, uid, wallet, generation, false, false, $3, 0, 0
     FROM unnest($4::text[], $5::text[], $6::smallint[]) AS new (uid, wallet, generation) ON CONFLICT DO NOTHING`,
    [
      tenantId,
      eventId,
      encodeGraph(EMPTY_GRAPH),
      inOrder.map(({ uid }) => uid),
      inOrder.map(({ wallet }) => wallet),
      inOrder.map(({ generation }) => generation),
    ],
  );
}

async function saveRegistered(
  { client, tenantId, eventId }: EventTransaction,
  chips: readonly ChipState[],
): Promise<void> {
  if (chips.length === 0) return;
  const { blob, at, lengths } = joined(chips.map(({ graph }) => encodeGraph(graph)));
  await client.query(
    `INSERT INTO chip_state (tenant_id, event_id, uid, wallet, generation, registered, blocked, graph,
       main_minor, bonus_minor)
     SELECT $1, $2, uid, wallet, generation, true, false, substring($3::bytea FROM at FOR length), main_minor, bonus_minor
     FROM unnest($4::text[], $5::text[], $6::smallint[], $7::int[], $8::int[], $9::bigint[], $10::bigint[])
       AS new (uid, wallet, generation, at, length, main_minor, bonus_minor)
     ON CONFLICT (tenant_id, event_id, uid) DO UPDATE SET wallet = excluded.wallet, generation = excluded.generation,
       registered = true,
       graph = excluded.graph, main_minor = excluded.main_minor, bonus_minor = excluded.bonus_minor`,
    [
      tenantId,
      eventId,
      blob,
      chips.map(({ uid }) => uid),
      chips.map(({ wallet }) => wallet),
      chips.map(({ generation }) => generation),
      at,
      lengths,
      chips.map(({ mainMinor }) => mainMinor),
      chips.map(({ bonusMinor }) => bonusMinor),
    ],
  );
}

async function block(
  { client, tenantId, eventId }: EventTransaction,
  uids: readonly ChipUid[],
): Promise<void> {
  await client.query(
    'UPDATE chip_state SET blocked = true WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[])',
    [tenantId, eventId, uids],
  );
}

async function readPage(
  { client, tenantId, eventId }: EventTransaction,
  after: string,
  limit: number,
): Promise<ChipUid[]> {
  const { rows } = await client.query<{ uid: ChipUid }>(
    'SELECT uid FROM chip_state WHERE tenant_id = $1 AND event_id = $2 AND uid > $3 ORDER BY uid LIMIT $4',
    [tenantId, eventId, after, limit],
  );
  return rows.map(({ uid }) => uid);
}
