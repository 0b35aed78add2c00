/**
 * The pure core: what follows from a run of entries that fit where they stand. No database, no clock, no keys: the same
 * entries in any order of boxes, cut into any batches, lead to the same states and the same sums.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type ChipUid, CLOUD_BOX, type TapRef } from '@pulsera/firmware-protocol/ids';
import { bookedAtOnce, type EntryOf, type TapBody } from '@pulsera/firmware-protocol/journal/entry';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import { giveBack } from '@pulsera/firmware-protocol/purse/give-back';
import {
  type Change,
  EMPTY_GRAPH,
  type Fact,
  graphCases,
  prune,
  settle,
  type Write,
} from '@pulsera/firmware-protocol/purse/graph';
import { mayReverse } from '@pulsera/firmware-protocol/purse/reversal-right';
import type { CaseDraft } from '../ledger/case.ts';
import { type ChipState, refText } from '../ledger/chip-state.ts';
import { claimCase, isClaim } from '../ledger/claim.ts';
import { obeyedBy } from '../ledger/obeyed.ts';
import { giveBackOrder, type Order } from '../ledger/order.ts';
import { rightAt } from '../ledger/reversal-rights.ts';
import type { SaleReversal } from '../ledger/reversals.ts';
import { type Book, bookChange } from './booked.ts';
import { TAP_FLAWS, type TapFlaw, tapFlaws } from './check-tap.ts';
import { maySettle } from './facts.ts';
import { type Entries, type Known, listKey } from './known.ts';
import { knownLoss } from './known-loss.ts';

export interface Decision {
  /** Sums per account, but for the wallets' parts that stand in the chips' states. */
  readonly deltas: ReadonlyMap<Account, number>;
  /** New states, whole. */
  readonly chips: readonly ChipState[];
  readonly cases: readonly CaseDraft[];
  /** For the cloud's journal. */
  readonly orders: readonly Order[];
  /** New ones, and those whose state moved. */
  readonly reversals: readonly SaleReversal[];
}

export function decide(at: Entries, known: Known): Decision {
  const deltas = new Map<Account, number>();
  const chips: ChipState[] = [];
  const cases: CaseDraft[] = [];
  const orders: Order[] = [];
  const reversals: SaleReversal[] = [];
  const book = (account: Account, amountMinor: number) => {
    deltas.set(account, (deltas.get(account) ?? 0) + amountMinor);
  };
  const tapAt = tapsOf(at, known);

  for (const entry of at.entries) {
    // A tap's own lines are booked with its status, below.
    if (entry.kind === 'tap') cases.push(...flawsOf(entry, at, known, tapAt));
    // A credit is the cloud's to give: in a box's journal it would be a claim, and books nothing.
    else if (entry.kind !== 'credited' || at.box === CLOUD_BOX) {
      for (const { account, amountMinor } of bookedAtOnce(entry)) book(account, amountMinor);
    }
  }
  const firstTaps = firstTapByChip(at);
  for (const [uid, facts] of known.facts) {
    const state = known.chips.get(uid) ?? stranger(firstTaps.get(uid));
    if (!state || facts.length === 0) continue;
    const settled = settleChip(state, facts, known, tapAt, book);
    chips.push(settled.state);
    cases.push(...settled.cases);
    orders.push(...settled.orders);
    reversals.push(...settled.reversals);
  }
  cases.push(...strayTellings(at, tapAt));
  return { deltas, chips, cases, orders, reversals };
}

type TapAt = (ref: TapRef) => TapBody | undefined;

function tapsOf({ box, epoch, entries }: Entries, known: Known): TapAt {
  const first = entries[0]?.seq ?? 0;
  return ref => {
    if (ref.box !== box || ref.epoch !== epoch || ref.seq < first) return known.taps.get(refText(ref));
    const entry = entries[ref.seq - first];
    return entry?.kind === 'tap' ? entry.body : undefined;
  };
}

function settleChip(state: ChipState, facts: readonly Fact[], known: Known, tapAt: TapAt, book: Book) {
  const before = known.whole.get(state.uid) ?? state.graph;
  const { graph, changes } = settle(before, facts);
  let { mainMinor, bonusMinor, blocked } = state;
  const orders: Order[] = [];
  const reversals: SaleReversal[] = [];
  const main = `wallet-main:${state.wallet}`;
  const bonus = `wallet-bonus:${state.wallet}`;
  const bookHere = (account: Account, amountMinor: number) => {
    if (account === main) mainMinor += amountMinor;
    else if (account === bonus) bonusMinor += amountMinor;
    else book(account, amountMinor);
  };
  for (const change of changes) {
    const tap = tapAt(change.ref);
    if (!tap) throw missing(change.ref);
    bookChange(tap, change, bookHere);
    orders.push(...ordersOf(change, tap, graph.writes));
    reversals.push(...reversalsIn(change, tap));
  }
  const credits = known.credits.get(listKey(state.wallet, state.generation)) ?? [];
  const cases = graphCases(graph, false).map((found): CaseDraft => {
    if (found.kind !== 'fork') return { ...about(found.kind, found.ref, state.uid), lossBoundMinor: null };
    const { spentMinor, leftMinor } = knownLoss(graph, found.before, credits);
    return {
      kind: 'fork',
      subject: `${state.uid}/${found.before}`,
      uid: state.uid,
      refs: found.refs,
      detail: { before: found.before, spentMinor, leftMinor },
      lossBoundMinor: spentMinor + leftMinor,
    };
  });
  const claimed = isClaim(state, known.owned);
  if (claimed) cases.push(claimCase({ ...state, graph }));
  if (!blocked && !claimed && cases.some(({ kind }) => kind === 'fork')) {
    const { uid, wallet, generation } = state;
    orders.push({ kind: 'blocked', body: { uid, wallet, generation, reason: 'fork' } });
    blocked = true;
  }
  return {
    state: { ...state, mainMinor, bonusMinor, blocked, graph: prune(graph) },
    cases,
    orders,
    reversals,
  };
}

/** What boxes are told and guests are owed because a tap's state moved. */
function ordersOf({ ref, from, to }: Change, tap: TapBody, writes: readonly Write[]): Order[] {
  const { status } = to;
  if (status === 'pending') return [];
  const orders: Order[] = [];
  const write = writes.find(
    of => of.ref.seq === ref.seq && of.ref.box === ref.box && of.ref.epoch === ref.epoch,
  );
  const isTold = status === 'posted' ? write?.toldPosted : write?.toldDropped;
  if (from?.status !== status && !isTold) {
    const { tap: id, uid } = tap;
    orders.push({ kind: 'settlement', body: { of: ref, tap: id, uid, outcome: status, evidence: 'graph' } });
  }
  const owed = to.abandoned ? giveBack(tap, status) : undefined;
  if (owed) orders.push(giveBackOrder(tap.wallet, ref, owed));
  return orders;
}

function reversalsIn({ ref, to }: Change, { uid, effects }: TapBody): SaleReversal[] {
  return effects.flatMap(effect =>
    effect.kind === 'reversal'
      ? { sale: effect.of, ref, uid, amountMinor: effect.mainMinor + effect.bonusMinor, status: to.status }
      : [],
  );
}

/** A chip that was never registered: known from its first tap on, with no image of known origin. */
function stranger(tap: TapBody | undefined): ChipState | undefined {
  if (!tap) return undefined;
  const { uid, wallet, generation } = tap;
  return {
    uid,
    wallet,
    generation,
    registered: false,
    blocked: false,
    graph: EMPTY_GRAPH,
    mainMinor: 0,
    bonusMinor: 0,
  };
}

function firstTapByChip({ entries }: Entries): Map<ChipUid, TapBody> {
  const first = new Map<ChipUid, TapBody>();
  for (const { kind, body } of entries) if (kind === 'tap' && !first.has(body.uid)) first.set(body.uid, body);
  return first;
}

function flawsOf(entry: EntryOf<'tap'>, at: Entries, known: Known, tapAt: TapAt): CaseDraft[] {
  const { box, epoch } = at;
  const tap = entry.body;
  const reversal = tap.effects.find(effect => effect.kind === 'reversal');
  const flaws: (TapFlaw | 'wallet')[] = [
    ...tapFlaws(tap, {
      undone: reversal && tapAt(reversal.of),
      mayReverse: reversal === undefined || isEntitled(reversal.of, entry, at, known),
      credits: known.credits.get(listKey(tap.wallet, tap.generation)) ?? [],
    }),
  ];
  const chip = known.chips.get(tap.uid);
  if (chip && (chip.wallet !== tap.wallet || chip.generation !== tap.generation)) flaws.push('wallet');
  if (flaws.length === 0) return [];
  const says = flaws.map(flaw =>
    flaw === 'wallet' ? 'It names another wallet than the chip has.' : TAP_FLAWS[flaw],
  );
  const draft = about('entry-inconsistent', { box, epoch, seq: entry.seq }, tap.uid);
  return [{ ...draft, detail: { flaws: flaws.join(' '), says: says.join(' ') } }];
}

/** Whether the right was its box's, by the cloud's journal as far as that box obeyed it when it wrote this. */
function isEntitled(
  sale: TapRef,
  { seq }: EntryOf<'tap'>,
  at: Entries,
  { rights, obeyedSeq }: Known,
): boolean {
  const before = at.entries.filter(entry => entry.seq <= seq);
  const right = rightAt(sale, rights.get(refText(sale)) ?? [], obeyedBy(before, obeyedSeq));
  return mayReverse(at.box, right);
}

/** Settlements that name a tap that isn't there, is another one or of another chip, or is another box's to settle. */
function strayTellings({ box, epoch, entries }: Entries, tapAt: TapAt): CaseDraft[] {
  const stray: CaseDraft[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'settlement' || entry.body.evidence === 'graph') continue;
    const { of, tap, uid } = entry.body;
    const named = tapAt(of);
    if (maySettle(box, of) && named?.uid === uid && named.tap === tap) continue;
    const draft = about('entry-inconsistent', { box, epoch, seq: entry.seq }, uid);
    stray.push({ ...draft, detail: { flaws: 'settlement', names: refText(of) } });
  }
  return stray;
}

function about(kind: CaseDraft['kind'], ref: TapRef, uid: ChipUid): CaseDraft {
  return { kind, subject: refText(ref), uid, refs: [ref], detail: {}, lossBoundMinor: null };
}

function missing(ref: TapRef): Fault {
  return new Fault(
    'tap-missing',
    'Restore the journal table: an entry that a chip state rests on is not there.',
    {
      detail: { ref: refText(ref) },
    },
  );
}
