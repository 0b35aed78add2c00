/** What a decision has to know beside the run itself, and how to find out what that is. */
import type {
  BoxId,
  ChipUid,
  Epoch,
  Generation,
  Seq,
  TapRef,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Entry, TapBody } from '@pulsera/firmware-protocol/journal/entry';
import {
  type ChipGraph,
  EMPTY_GRAPH,
  type Fact,
  reachesBeyond,
  settle,
} from '@pulsera/firmware-protocol/purse/graph';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import { type ChipState, refText } from '../ledger/chip-state.ts';
import type { RightMoved } from '../ledger/reversal-rights.ts';
import { type StoredEntry, uidOf } from '../ledger/store/journals.ts';
import { factOf } from './facts.ts';

/** Entries of one journal, and where they stand. */
export interface Entries {
  readonly box: BoxId;
  readonly epoch: Epoch;
  readonly entries: readonly Entry[];
}

export interface Known {
  /** What the entries say of each chip. */
  readonly facts: ReadonlyMap<ChipUid, readonly Fact[]>;
  /** Every chip the entries name, but for those never heard of. */
  readonly chips: ReadonlyMap<ChipUid, ChipState>;
  /** Wallets of registered chips, of those that the unregistered ones among `chips` name. */
  readonly owned: ReadonlySet<WalletId>;
  /** In place of a chip's own graph where that was pruned too far: made of everything stored about the chip. */
  readonly whole: ReadonlyMap<ChipUid, ChipGraph>;
  /** Taps of earlier batches, by `refText`. */
  readonly taps: ReadonlyMap<string, TapBody>;
  /** How far the box obeyed the cloud's journal before the first of the entries. */
  readonly obeyedSeq: Seq;
  /** Moves of the rights to reverse what the entries reverse, by `refText` of the sale. */
  readonly rights: ReadonlyMap<string, readonly RightMoved[]>;
  /** By `listKey`. */
  readonly credits: ReadonlyMap<string, readonly Credit[]>;
}

export const listKey = (wallet: WalletId, generation: Generation): string => `${wallet}/${generation}`;

/** The facts of these entries, chip by chip. A chip that is named without a fact has an empty list. */
export function factsByChip({ box, epoch, entries }: Entries): Map<ChipUid, Fact[]> {
  const byChip = new Map<ChipUid, Fact[]>();
  for (const entry of entries) {
    const uid = uidOf(entry);
    if (uid === null) continue;
    const facts = byChip.get(uid) ?? [];
    byChip.set(uid, facts);
    const fact = factOf(entry, { box, epoch, seq: entry.seq });
    if (fact) facts.push(fact);
  }
  return byChip;
}

/** Chips whose stored graph no longer holds what these facts touch. */
export function chipsToRebuild(
  facts: ReadonlyMap<ChipUid, readonly Fact[]>,
  chips: ReadonlyMap<ChipUid, ChipState>,
): ChipUid[] {
  const reaching: ChipUid[] = [];
  for (const [uid, of] of facts) {
    const state = chips.get(uid);
    if (state !== undefined && reachesBeyond(state.graph, of)) reaching.push(uid);
  }
  return reaching;
}

/** The whole graph of a chip, from all that is stored about it. */
export function wholeGraph(stored: readonly StoredEntry[]): ChipGraph {
  const facts = stored.flatMap(({ entry, box, epoch, seq }) => factOf(entry, { box, epoch, seq }) ?? []);
  return settle(EMPTY_GRAPH, facts).graph;
}

/** Taps that the entries lead to and don't hold: open writes of their chips, what they settle, what they reverse. */
export function tapsToFetch(
  at: Entries,
  facts: ReadonlyMap<ChipUid, readonly Fact[]>,
  chips: ReadonlyMap<ChipUid, ChipState>,
): TapRef[] {
  const first = at.entries[0]?.seq ?? 0;
  const wanted = new Map<string, TapRef>();
  const want = (ref: TapRef) => {
    if (ref.box !== at.box || ref.epoch !== at.epoch || ref.seq < first) wanted.set(refText(ref), ref);
  };
  for (const [uid, of] of facts) {
    for (const fact of of) if (fact.kind === 'told') want(fact.ref);
    for (const { ref, status } of chips.get(uid)?.graph.writes ?? []) if (status !== 'posted') want(ref);
  }
  for (const sale of salesReversed(at.entries)) want(sale);
  return [...wanted.values()];
}

export function salesReversed(entries: readonly Entry[]): TapRef[] {
  const sales: TapRef[] = [];
  for (const { kind, body } of entries) {
    if (kind !== 'tap') continue;
    for (const effect of body.effects) if (effect.kind === 'reversal') sales.push(effect.of);
  }
  return sales;
}

/** Lists of which the entries say that something was loaded, by `listKey`, and of chips that may have forked: what that cost is reckoned with them. */
export function listsToFetch(
  entries: readonly Entry[],
  { facts, chips, whole }: Pick<Known, 'facts' | 'chips' | 'whole'>,
): Map<string, Owner> {
  const lists = new Map<string, Owner>();
  const want = ({ wallet, generation }: Owner) =>
    lists.set(listKey(wallet, generation), { wallet, generation });
  for (const { kind, body } of entries) {
    if (kind === 'tap' && body.effects.some(effect => effect.kind === 'credit-load')) want(body);
  }
  for (const [uid, of] of facts) {
    const state = chips.get(uid);
    if (state && mayFork(whole.get(uid) ?? state.graph, of)) want(state);
  }
  return lists;
}

interface Owner {
  readonly wallet: WalletId;
  readonly generation: Generation;
}

/** More than one write leaves from one image, posted or not. */
function mayFork({ writes }: ChipGraph, facts: readonly Fact[]): boolean {
  const left = [...writes, ...facts].flatMap(of => ('before' in of ? [of.before] : []));
  return left.some((image, i) => left.indexOf(image) < i);
}
