/** Reads, and locks, what a decision has to know. */
import type { ChipUid, Seq } from '@pulsera/firmware-protocol/ids';
import type { TapBody } from '@pulsera/firmware-protocol/journal/entry';
import type { ChipGraph, Fact } from '@pulsera/firmware-protocol/purse/graph';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import { type ChipState, refText } from '../ledger/chip-state.ts';
import { readOwned } from '../ledger/claim.ts';
import { type StoredEntry, uidOf } from '../ledger/store/journals.ts';
import type { Ledger } from '../ledger/store/store.ts';
import {
  chipsToRebuild,
  type Entries,
  factsByChip,
  type Known,
  listKey,
  listsToFetch,
  salesReversed,
  tapsToFetch,
  wholeGraph,
} from './known.ts';

/** @param obeyedSeq how far the box obeyed the cloud's journal before these entries */
export async function load(ledger: Ledger, at: Entries, obeyedSeq: Seq): Promise<Known> {
  const facts = factsByChip(at);
  const chips = await lockChips(ledger, at, facts);
  const { whole, taps } = await rebuildGraphs(ledger, chipsToRebuild(facts, chips));
  const missing = tapsToFetch(at, facts, chips).filter(ref => !taps.has(refText(ref)));
  for (const { entry, ...ref } of await ledger.journals.at(missing)) {
    if (entry.kind === 'tap') taps.set(refText(ref), entry.body);
  }
  const owned = await readOwned(ledger, chips.values());
  const rights = await ledger.reversals.rights(salesReversed(at.entries));
  const lists = listsToFetch(at.entries, { facts, chips, whole });
  const credits = await readLists(ledger, lists.values());
  return { facts, chips, owned, whole, taps, obeyedSeq, rights, credits };
}

/** Chips never heard of get an empty row first, so that two boxes that meet one at the same time wait for each other. */
async function lockChips(
  { chips: stored }: Ledger,
  { entries }: Entries,
  facts: ReadonlyMap<ChipUid, readonly Fact[]>,
): Promise<ReadonlyMap<ChipUid, ChipState>> {
  const chips = await stored.read([...facts.keys()], 'locked');
  const strangers = new Map<ChipUid, TapBody>();
  for (const { kind, body } of entries) {
    if (kind === 'tap' && !chips.has(body.uid) && !strangers.has(body.uid)) strangers.set(body.uid, body);
  }
  if (strangers.size === 0) return chips;
  await stored.meet([...strangers.values()]);
  return new Map([...chips, ...(await stored.read([...strangers.keys()].sort(), 'locked'))]);
}

/** Everything that any journal says of these chips, with the taps it was told by. */
export async function rebuildGraphs({ journals }: Ledger, uids: readonly ChipUid[]) {
  const whole = new Map<ChipUid, ChipGraph>();
  const taps = new Map<string, TapBody>();
  if (uids.length === 0) return { whole, taps };
  const histories = new Map<ChipUid | null, StoredEntry[]>(uids.map(uid => [uid, []]));
  for (const stored of await journals.about(uids)) {
    histories.get(uidOf(stored.entry))?.push(stored);
    if (stored.entry.kind === 'tap') taps.set(refText(stored), stored.entry.body);
  }
  for (const uid of uids) whole.set(uid, wholeGraph(histories.get(uid) ?? []));
  return { whole, taps };
}

async function readLists(
  { credits }: Ledger,
  owners: Iterable<Pick<ChipState, 'wallet' | 'generation'>>,
): Promise<ReadonlyMap<string, readonly Credit[]>> {
  const listed = await credits.lists([...owners]);
  return Map.groupBy(listed, ({ wallet, generation }) => listKey(wallet, generation));
}
