/** What the audit looked at, and what it found. */

/** Every check, in the order of the report. */
export const CHECKS = {
  structure: 'The archive is whole and in order',
  chains: 'Each journal chains from its genesis to its last hash, without a gap',
  heads: 'Each head is signed by its box, each checkpoint by the cloud',
  cursors: 'Boxes hold the same cloud journal as the archive',
  'entries-balance': 'The postings of each entry sum to zero',
  taps: 'Each tap agrees with itself: image, effects, postings',
  entries: 'Each other entry agrees with what it names',
  settlements: 'The cloud settled each tap as its image graph does',
  'tap-ids': 'Each tap id is posted at most once',
  reversals: 'Each sale is reversed at most once',
  rights: 'The right to reverse a sale is in one hand at a time, and given with its terms',
  'credit-lists': 'Credit lists have no gap, and each reference counts once',
  'credit-loads': 'No credit is loaded twice',
  'give-backs': 'What interrupted taps took is given back, once',
  replacements: 'What a replaced wristband held moves once, when no box may spend it any more',
  'cash-outs': 'Each cash-out is paid or given back, once',
  forks: 'Each forked wristband has a case and a block',
  cases: 'Each case has a cause, and each cause its case',
  balances: 'Account totals are those of the entries',
  'grand-total': 'All accounts sum to zero',
  'in-between': 'Suspense and payables hold what is still open, and nothing else',
  liabilities: 'Each wallet is owed what lies on its chip and waits online',
} as const;
export type Check = keyof typeof CHECKS;

export interface Tally {
  /** How many things were looked at. */
  looked: number;
  failed: number;
  /** True, but not at an end yet: a torn tap nobody settled, a journal that is still on its way. */
  open: number;
  /** Doesn't fit, and a case says why. */
  excused: number;
  /** The first few offenders, each with its place. */
  readonly failures: string[];
  readonly opens: string[];
}

const NAMED = 8;

export class Findings {
  readonly tallies: Readonly<Record<Check, Tally>>;
  readonly #isClosed: boolean;

  /** @param isClosed the event is over: what is still open is a failure. */
  constructor(isClosed = false) {
    this.#isClosed = isClosed;
    const tally = (): Tally => ({ looked: 0, failed: 0, open: 0, excused: 0, failures: [], opens: [] });
    this.tallies = Object.fromEntries(Object.keys(CHECKS).map(check => [check, tally()])) as Record<
      Check,
      Tally
    >;
  }

  get holds(): boolean {
    return Object.values(this.tallies).every(({ failed }) => failed === 0);
  }

  looked(check: Check, count = 1): void {
    this.tallies[check].looked += count;
  }

  fail(check: Check, where: string, what: string): void {
    const tally = this.tallies[check];
    tally.failed++;
    if (tally.failures.length < NAMED) tally.failures.push(`${where}: ${what}`);
  }

  open(check: Check, where: string, what: string): void {
    if (this.#isClosed) {
      this.fail(check, where, what);
      return;
    }
    const tally = this.tallies[check];
    tally.open++;
    if (tally.opens.length < NAMED) tally.opens.push(`${where}: ${what}`);
  }

  excuse(check: Check): void {
    this.tallies[check].excused++;
  }

  /** Looks at one thing, and names it when it doesn't hold. */
  expect(check: Check, holds: boolean, where: string, what: string): void {
    this.looked(check);
    if (!holds) this.fail(check, where, what);
  }
}
