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
  const merging = new Merging();
  for (const [account, amountMinor] of lines) merging.add(account, amountMinor);
  return merging.done();
}

/** The same, line by line: this runs for every tap twice, and needs no pair for each line then. */
export class Merging {
  // A handful of accounts: putting each line where it belongs beats a sort or a map.
  readonly #merged: { readonly account: Account; amountMinor: number }[] = [];

  add(account: Account, amountMinor: number): void {
    if (amountMinor === 0) return;
    const merged = this.#merged;
    let at = merged.length;
    while (at > 0 && (merged[at - 1]?.account ?? '') > account) at--;
    const same = merged[at - 1];
    if (same?.account === account) same.amountMinor += amountMinor;
    else if (at === merged.length) merged.push({ account, amountMinor });
    else merged.splice(at, 0, { account, amountMinor });
  }

  addAll(lines: Postings): void {
    for (const { account, amountMinor } of lines) this.add(account, amountMinor);
  }

  /** @throws Fault `postings-unbalanced` as `postings` does */
  done(): Postings {
    const made = this.#merged.filter(({ amountMinor }) => amountMinor !== 0);
    assertBalanced(made);
    return made;
  }
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
