/**
 * Which taps reverse which sales, over all boxes and epochs. The rows belong to the cloud's journal (`retrying.ts`): who writes them, or
 * grants a right by them, holds its lock, so that no two batches see only their own half.
 */
import type { ChipUid, TapRef } from '@pulsera/firmware-protocol/ids';
import type { WriteStatus } from '@pulsera/firmware-protocol/purse/graph';
import type { CaseDraft } from './case.ts';
import { refText } from './chip-state.ts';
import { lockCloudJournal } from './cloud-journal.ts';
import type { Ledger } from './store/store.ts';

/** A tap that reverses a sale, as it stands. */
export interface SaleReversal {
  readonly sale: TapRef;
  readonly ref: TapRef;
  readonly uid: ChipUid;
  /** Put back on the wristband, main and bonus. */
  readonly amountMinor: number;
  readonly status: WriteStatus;
}

/** Pure: a case for each sale that more than one tap has reversed. @param reversals of whole sales */
export function reversedTwice(reversals: readonly SaleReversal[]): CaseDraft[] {
  const posted = reversals.filter(({ status }) => status === 'posted');
  return [...Map.groupBy(posted, ({ sale }) => refText(sale)).values()].flatMap(of => {
    const inOrder = of.toSorted((a, b) => byRef(a.ref, b.ref));
    const [first, ...more] = inOrder;
    if (first === undefined || more.length === 0) return [];
    const amounts = inOrder.map(({ amountMinor }) => Math.max(0, amountMinor));
    return {
      kind: 'reversed-twice' as const,
      subject: refText(first.sale),
      uid: first.uid,
      refs: [first.sale, ...inOrder.map(({ ref }) => ref)],
      detail: { reversals: inOrder.length },
      // One of them was right: the dearest counts as that one.
      lossBoundMinor: amounts.reduce((sum, minor) => sum + minor, 0) - Math.max(...amounts),
    };
  });
}

const byRef = (a: TapRef, b: TapRef) => a.box - b.box || a.epoch - b.epoch || a.seq - b.seq;

/** Reversals that are new or moved. Takes the lock of the cloud's journal where there are any. @returns the cases of their sales */
export async function noteReversals(
  ledger: Ledger,
  reversals: readonly SaleReversal[],
): Promise<CaseDraft[]> {
  if (reversals.length === 0) return [];
  // A tap that names one sale twice is one reversal, and a case for other reasons.
  const noted = [
    ...new Map(reversals.map(each => [`${refText(each.sale)} ${refText(each.ref)}`, each])).values(),
  ];
  await lockCloudJournal(ledger);
  await ledger.reversals.note(noted);
  return reversedTwice(await ledger.reversals.of(noted.map(({ sale }) => sale)));
}
