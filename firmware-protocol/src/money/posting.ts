/** Double entry: what one entry does to the books, always summing to zero. */
import { Fault } from '../fault.ts';
import type { Account } from './account.ts';

export interface Posting {
  readonly account: Account;
  /** Positive: debit. Negative: credit. Never zero. */
  readonly amountMinor: number;
}

export type Postings = readonly Posting[];

/**
 * The only way to make postings: lines of one account are merged, zero lines left out, order by account.
 * @throws Fault `postings-unbalanced` when they don't sum to zero, or an amount or a sum on the way isn't a safe integer.
 */
export function postings(...lines: readonly (readonly [Account, number])[]): Postings {
  // A handful of lines: sorting them in place and merging neighbours beats a map, and this runs for every tap twice.
  const sorted = lines.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const merged: Posting[] = [];
  for (let i = 0; i < sorted.length; ) {
    const account = sorted[i]?.[0];
    if (account === undefined) break;
    let amountMinor = 0;
    for (; sorted[i]?.[0] === account; i++) amountMinor += sorted[i]?.[1] ?? 0;
    if (amountMinor !== 0) merged.push({ account, amountMinor });
  }
  assertBalanced(merged);
  return merged;
}

/** @throws Fault `postings-unbalanced` */
export function assertBalanced(lines: Postings): void {
  let sumMinor = 0;
  for (const { amountMinor } of lines) {
    sumMinor += amountMinor;
    // Beyond 2^53 sums lose their last digits, and a missing cent would pass for balanced.
    if (!Number.isSafeInteger(amountMinor) || !Number.isSafeInteger(sumMinor)) sumMinor = Number.NaN;
  }
  if (sumMinor !== 0) {
    throw new Fault(
      'postings-unbalanced',
      'Debits and credits of an entry must cancel out; this entry was not made.',
      {
        detail: { sumMinor: String(sumMinor) },
      },
    );
  }
}

/** The same lines with every sign turned: the undoing. */
export function reversed(lines: Postings): Postings {
  return lines.map(({ account, amountMinor }) => ({ account, amountMinor: -amountMinor }));
}
