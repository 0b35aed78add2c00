/** Moves what a replaced wristband finally held into its wallet's current list: once, and only when no box may still spend it. */
import { CLOUD_BOX, type Seq, type TapRef } from '@pulsera/firmware-protocol/ids';
import type { TapBody } from '@pulsera/firmware-protocol/journal/entry';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { MAX_MINOR } from '@pulsera/firmware-protocol/purse/image';
import { type Decision, decide } from '../ingest/decide.ts';
import { load } from '../ingest/load.ts';
import type { CaseDraft } from '../ledger/case.ts';
import { type ChipState, refText } from '../ledger/chip-state.ts';
import {
  appendToCloudJournal,
  CLOUD_JOURNAL,
  lockCloudJournal,
  type Scribe,
} from '../ledger/cloud-journal.ts';
import { numberCredits } from '../ledger/credit-list.ts';
import { inParts, mayStillSpend } from '../ledger/held.ts';
import type { CreditOrder } from '../ledger/order.ts';
import { noteReversals } from '../ledger/reversals.ts';
import type { Replacement } from '../ledger/store/replacements.ts';
import type { Ledger } from '../ledger/store/store.ts';
import { vouched } from '../ledger/vouched.ts';
import { type Closing, closeOpenTaps } from './close.ts';

/**
 * `held`: some box may still spend it. `full`: the list has no room, and nothing was written.
 * `moved`: it is done, now or before.
 */
export type Outcome = 'held' | 'full' | 'moved';

/**
 * Locks the old chip, then the cloud's journal.
 * @param source `replacement` when it moves along with the replacement, `released` when later
 */
export async function moveBalance(
  scribe: Scribe,
  ledger: Ledger,
  { uid, wallet, generation }: Pick<Replacement, 'uid' | 'wallet' | 'generation'>,
  source: 'replacement' | 'released',
): Promise<Outcome> {
  // Whoever taps, settles or moves this chip's balance at the same time waits here; what is read from now on stays so.
  const chip = (await ledger.chips.read([uid], 'locked')).get(uid);
  const all = await ledger.replacements.ofWallet(wallet);
  const replacement = all.find(of => of.generation === generation);
  if (!chip || !replacement) throw new Error('a replacement lost its chip: rows of both are never deleted');
  if (replacement.state === 'moved') return 'moved';
  if (mayStillSpend(replacement.blockSeq, await ledger.boxes.obeying()).length > 0) return 'held';

  const closings = closeOpenTaps(chip.graph, await readOpenTaps(ledger, chip));
  const decision = await decideClosings(ledger, closings);
  const closed = decision.chips.find(state => state.uid === uid) ?? chip;
  const end = await lockCloudJournal(ledger);
  const amounts = vouched(closed.graph, await ledger.credits.lists([{ wallet, generation }]));
  const reference = `${wallet}/${generation}`;
  const moving = inParts(amounts, MAX_MINOR).map(
    (part, i): CreditOrder => ({
      wallet,
      ...part,
      source,
      reference: i === 0 ? reference : `${reference}/${i + 1}`,
      // The wallet is owed as much as before; only the chip is another.
      postings: postings(),
    }),
  );
  const givenBack = decision.orders.flatMap(order => (order.kind === 'credit' ? [order.credit] : []));
  const { drafts, refused } = await numberCredits(ledger, [...givenBack, ...moving]);
  if (refused.length > 0) return 'full';
  await appendToCloudJournal(scribe, ledger, end, [...closings, ...drafts]);
  await ledger.chips.save(decision.chips);
  await ledger.balances.add(CLOUD_BOX, decision.deltas);
  const cases = [...decision.cases, ...(await noteReversals(ledger, decision.reversals))];
  await ledger.cases.file(cases, scribe.world.nowMs());
  const { mainMinor: chipMainMinor, bonusMinor: chipBonusMinor } = closed;
  await ledger.replacements.saveMoved({ ...replacement, ...amounts, chipMainMinor, chipBonusMinor });
  return 'moved';
}

/** What is owed and has no room. The cloud's journal must be locked. */
export function noRoom({ wallet, generation, uid }: Replacement): CaseDraft {
  return {
    kind: 'release-stuck',
    subject: `${wallet}/${generation}`,
    uid,
    refs: [],
    detail: { wallet, generation },
    lossBoundMinor: null,
  };
}

/** What the closings do to chip, books and credits, by the rules that every settlement is held to. */
async function decideClosings(ledger: Ledger, closings: readonly Closing[]): Promise<Decision> {
  // Their places are not known before the journal is locked; nothing that they decide depends on them.
  const entries = closings.map((closing, i) => ({
    seq: (i + 1) as Seq,
    wallMs: 0,
    monoMs: 0,
    boot: 0,
    ...closing,
  }));
  const at = { ...CLOUD_JOURNAL, entries };
  return decide(at, await load(ledger, at, 0 as Seq));
}

async function readOpenTaps(ledger: Ledger, { graph }: ChipState): Promise<(ref: TapRef) => TapBody> {
  const open = graph.writes.filter(({ status }) => status === 'pending').map(({ ref }) => ref);
  const taps = new Map<string, TapBody>();
  for (const { entry, ...ref } of await ledger.journals.at(open)) {
    if (entry.kind === 'tap') taps.set(refText(ref), entry.body);
  }
  return ref => {
    const tap = taps.get(refText(ref));
    if (!tap) throw new Error(`tap ${refText(ref)} is not in the journal that it stands in`);
    return tap;
  };
}
