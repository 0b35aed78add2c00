/** Reads, and locks, what a decision has to know. */
import type { ChipUid, EventId, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import { decodeEntry, type TapBody } from '@pulsera/firmware-protocol/journal/entry';
import { type ChipGraph, EMPTY_GRAPH, type Fact } from '@pulsera/firmware-protocol/purse/graph';
import { encodeGraph } from '@pulsera/firmware-protocol/purse/graph-codec';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import type { TenantTransaction } from '../database/with-tenant.ts';
import { readChips } from '../ledger/chip-rows.ts';
import { type ChipState, refText } from '../ledger/chip-state.ts';
import { readOwned } from '../ledger/claim.ts';
import { readRights } from '../ledger/reversal-rights.ts';
import {
  chipsToRebuild,
  type Entries,
  factsByChip,
  type Known,
  listKey,
  listsToFetch,
  type StoredEntry,
  salesReversed,
  tapsToFetch,
  wholeGraph,
} from './known.ts';

/** @param obeyedSeq how far the box obeyed the cloud's journal before these entries */
export async function load(
  tx: TenantTransaction,
  eventId: EventId,
  at: Entries,
  obeyedSeq: Seq,
): Promise<Known> {
  const facts = factsByChip(at);
  const chips = await lockChips(tx, eventId, at, facts);
  const { whole, taps } = await rebuildGraphs(tx, eventId, chipsToRebuild(facts, chips));
  const missing = tapsToFetch(at, facts, chips).filter(ref => !taps.has(refText(ref)));
  for (const { entry, ...ref } of await readEntriesAt(tx, eventId, missing)) {
    if (entry.kind === 'tap') taps.set(refText(ref), entry.body);
  }
  const owned = await readOwned(tx, eventId, chips.values());
  const rights = await readRights(tx, eventId, salesReversed(at.entries));
  const credits = await readLists(tx, eventId, at);
  return { facts, chips, owned, whole, taps, obeyedSeq, rights, credits };
}

/** Chips never heard of get an empty row first, so that two boxes that meet one at the same time wait for each other. */
async function lockChips(
  tx: TenantTransaction,
  eventId: EventId,
  { entries }: Entries,
  facts: ReadonlyMap<ChipUid, readonly Fact[]>,
): Promise<ReadonlyMap<ChipUid, ChipState>> {
  const chips = await readChips(tx, eventId, [...facts.keys()], 'locked');
  const strangers = new Map<ChipUid, TapBody>();
  for (const { kind, body } of entries) {
    if (kind === 'tap' && !chips.has(body.uid) && !strangers.has(body.uid)) strangers.set(body.uid, body);
  }
  if (strangers.size === 0) return chips;
  const uids = [...strangers.keys()].sort();
  const bodies = uids.flatMap(uid => strangers.get(uid) ?? []);
  await tx.client.query(
    `INSERT INTO chip_state (tenant_id, event_id, uid, wallet, generation, registered, blocked, graph, main_minor, bonus_minor)
     SELECT $1, $2, uid, wallet, generation, false, false, $3, 0, 0
     FROM unnest($4::text[], $5::text[], $6::smallint[]) AS new (uid, wallet, generation) ON CONFLICT DO NOTHING`,
    [
      tx.tenantId,
      eventId,
      encodeGraph(EMPTY_GRAPH),
      uids,
      bodies.map(({ wallet }) => wallet),
      bodies.map(({ generation }) => generation),
    ],
  );
  return new Map([...chips, ...(await readChips(tx, eventId, uids, 'locked'))]);
}

/** Everything that any journal says of these chips, with the taps it was told by. */
export async function rebuildGraphs(tx: TenantTransaction, eventId: EventId, uids: readonly ChipUid[]) {
  const whole = new Map<ChipUid, ChipGraph>();
  const taps = new Map<string, TapBody>();
  if (uids.length === 0) return { whole, taps };
  const { rows } = await tx.client.query(
    `SELECT uid, box_id, epoch, seq, content FROM journal
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[]) ORDER BY box_id, epoch, seq`,
    [tx.tenantId, eventId, uids],
  );
  const histories = new Map<ChipUid, StoredEntry[]>(uids.map(uid => [uid, []]));
  for (const row of rows) {
    const stored = asStored(row);
    histories.get(row.uid)?.push(stored);
    if (stored.entry.kind === 'tap') taps.set(refText(stored), stored.entry.body);
  }
  for (const [uid, history] of histories) whole.set(uid, wholeGraph(history));
  return { whole, taps };
}

export async function readEntriesAt(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  refs: readonly TapRef[],
): Promise<StoredEntry[]> {
  if (refs.length === 0) return [];
  const { rows } = await client.query(
    `SELECT j.box_id, j.epoch, j.seq, j.content
     FROM unnest($3::int[], $4::bigint[], $5::bigint[]) AS ref (box_id, epoch, seq)
     JOIN journal j ON j.tenant_id = $1 AND j.event_id = $2
       AND j.box_id = ref.box_id AND j.epoch = ref.epoch AND j.seq = ref.seq`,
    [
      tenantId,
      eventId,
      refs.map(({ box }) => box),
      refs.map(({ epoch }) => epoch),
      refs.map(({ seq }) => seq),
    ],
  );
  return rows.map(asStored);
}

interface Row {
  box_id: number;
  epoch: string;
  seq: string;
  content: Uint8Array;
}

function asStored(row: Row): StoredEntry {
  const ref = { box: row.box_id, epoch: Number(row.epoch), seq: Number(row.seq) } as TapRef;
  return { ...ref, entry: decodeEntry(row.content) };
}

async function readLists(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  { entries }: Entries,
): Promise<ReadonlyMap<string, readonly Credit[]>> {
  const lists = new Map<string, Credit[]>();
  const wanted = [...listsToFetch(entries).values()];
  if (wanted.length === 0) return lists;
  const { rows } = await client.query(
    `SELECT wallet, generation, number, main_minor, bonus_minor FROM wallet_credit
     WHERE tenant_id = $1 AND event_id = $2
       AND (wallet, generation) IN (SELECT * FROM unnest($3::text[], $4::smallint[]))`,
    [tenantId, eventId, wanted.map(({ wallet }) => wallet), wanted.map(({ generation }) => generation)],
  );
  for (const row of rows) {
    const key = listKey(row.wallet, row.generation);
    const list = lists.get(key) ?? [];
    lists.set(key, list);
    list.push({ number: row.number, mainMinor: Number(row.main_minor), bonusMinor: Number(row.bonus_minor) });
  }
  return lists;
}
