/** How large a rehearsal is, and how much goes wrong in it. With the seed it decides all. Rates are 0 to 1, per visit to a till. */
export interface Setting {
  readonly boxes: number;
  readonly tillsPerBox: number;
  readonly guests: number;
  /** At each till. */
  readonly visits: number;
  /** Something goes wrong at the reader: torn away at any byte, two chips, a cable, noise. */
  readonly readerRate: number;
  /** The box loses its power in the midst of the visit, at any moment or right behind a commit. */
  readonly powerRate: number;
  /** The till crashes, and forgets. */
  readonly crashRate: number;
  /** A line of the till or of its box is cut, or goes half-open, for a while. */
  readonly lineRate: number;
}

export const SMALL: Setting = {
  boxes: 2,
  tillsPerBox: 2,
  guests: 6,
  visits: 12,
  readerRate: 0.25,
  powerRate: 0.08,
  crashRate: 0.05,
  lineRate: 0.1,
};

/** The same where nothing goes wrong. */
export const QUIET: Setting = { ...SMALL, readerRate: 0, powerRate: 0, crashRate: 0, lineRate: 0 };
