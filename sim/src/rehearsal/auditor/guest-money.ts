/** A guest's money as the guest would count it: what was handed over and paid online, less what was bought and what came back. */
import { takenMinor } from './amounts.ts';
import { graphsOf } from './graphs.ts';
import { isInCloud } from './honest.ts';
import type { Guest, Notebook } from './notebook.ts';
import type { StoredTap } from './shelf.ts';
import type { Visit } from './visit.ts';

export interface GuestMoney {
  /** What the festival owes, wherever it lies. */
  readonly owedMinor: number;
  /** Part of it: taken off the wristband to be paid out, and not handed over yet. */
  readonly toPayMinor: number;
  /** Of the green taps, what went with a disk: on the wristband, and in no book. */
  readonly unbookedMinor: number;
}

export function moneyOf(notebook: Notebook, guest: Guest): GuestMoney {
  let owedMinor = guest.handed.cash + guest.handed.card + guest.onlineMinor + guest.bonusMinor;
  let [toPayMinor, unbookedMinor] = [0, 0];
  for (const visit of visitsOf(notebook, guest)) {
    const { leaf, shown } = visit;
    owedMinor -= boughtMinor(notebook, visit);
    if (leaf === 'cashout' && shown) toPayMinor += shown.screen.amountMinor + visit.handedMinor;
    if (shown && isUnbooked(notebook, visit)) {
      unbookedMinor += leaf === 'charge' || leaf === 'reverse' ? shown.screen.amountMinor : 0;
    }
  }
  return { owedMinor, toPayMinor, unbookedMinor };
}

/** Taps with a wristband of this guest. */
export function visitsOf(notebook: Notebook, { uids }: Guest): readonly Visit[] {
  const all = uids.flatMap(uid => notebook.visitsOf(uid));
  return [...new Set(all)].filter(visit => uids.includes(notebook.touchOf(visit)?.uid ?? ''));
}

/**
 * What a tap sold, net of what it took back. Without a green screen it sold nothing, but it may have put more on the wristband, for cups or
 * a reversal, and that can't be taken back again. On a copied wristband one tap may be posted on both branches, and stays so.
 */
export function boughtMinor(notebook: Notebook, { tapId, leaf, shown }: Visit): number {
  if (leaf !== 'charge' && leaf !== 'reverse') return 0;
  const { status } = graphsOf(notebook.cloud);
  const posted = notebook.cloud.tapsOf(tapId).filter(({ ref }) => status.get(ref) === 'posted');
  if (shown && posted.length < 2) return shown.screen.amountMinor;
  const isKept = ({ ref }: StoredTap) =>
    notebook.cloud.settlementsOf(ref).every(({ outcome }) => outcome !== 'abandoned');
  const sold = shown ? posted.filter(isKept) : posted;
  return sold.reduce((sum, { read }) => sum + (shown ? takenMinor(read) : Math.min(0, takenMinor(read))), 0);
}

const isUnbooked = (notebook: Notebook, { tapId }: Visit) =>
  notebook.lost.tapsOf(tapId).some(tap => !isInCloud(notebook, tap));
