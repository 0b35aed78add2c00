/** How large a rehearsal is, and how much goes wrong in it. With the seed it decides all. */
import type { Trouble } from './trouble/kinds.ts';

export interface Setting {
  readonly boxes: number;
  readonly tillsPerBox: number;
  /** How many of them bring a reader of their own; the others have one at the box. */
  readonly ownReaders: number;
  readonly guests: number;
  /** From the doors' opening to last orders. */
  readonly eveningMs: number;
  /** How many strikes of each kind fall into an evening on average. */
  readonly rates: Readonly<Partial<Record<Trouble, number>>>;
}

/** Nothing goes wrong. */
export const QUIET: Setting = {
  boxes: 2,
  tillsPerBox: 2,
  ownReaders: 1,
  guests: 6,
  eveningMs: 240_000,
  rates: {},
};

/** Everything goes wrong that may at a festival whose people are honest. */
export const STORM: Setting = {
  ...QUIET,
  rates: {
    'torn-chip': 6,
    'two-chips': 2,
    'reader-noise': 2,
    'reader-unplugged': 2,
    'terminal-crash': 3,
    'power-cut': 4,
    'disk-full': 1,
    'disk-put-back': 1,
    'bit-rot': 1,
    'clock-wrong': 2,
    'till-line': 4,
    'cloud-line': 3,
    'cloud-restart': 2,
    'database-away': 1,
  },
};

/** Fewer faults, and somebody who steals. */
const ATTACK: Setting = {
  ...QUIET,
  rates: {
    'torn-chip': 2,
    'reader-noise': 1,
    'terminal-crash': 1,
    'power-cut': 1,
    'cloud-line': 1,
    'cloned-chip': 0.7,
    'rolled-back-chip': 0.7,
    'edited-chip': 0.7,
    'lying-terminal': 0.4,
    'crooked-box': 0.4,
    'replayed-batch': 1.5,
    'stolen-till': 0.5,
  },
};

export const PROFILES = { quiet: QUIET, storm: STORM, attack: ATTACK } as const;
