/** What the evening is about, phase by phase: which share of visits is a top-up, a round, a look at the balance, an undoing, a cash-out. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';

export interface Phase {
  readonly name: string;
  /** The share of the evening at which it ends. */
  readonly until: number;
  /** The cable between the boxes and the cloud is cut. */
  readonly isCut: boolean;
  /** Weights at a bar. */
  readonly bar: { readonly round: number; readonly reverse: number; readonly balance: number };
  /** Weights at a top-up till. */
  readonly topup: { readonly topup: number; readonly cashout: number };
}

export const PHASES: readonly Phase[] = [
  {
    name: 'doors open: first top-ups',
    until: 0.12,
    isCut: false,
    bar: { round: 6, reverse: 0, balance: 3 },
    topup: { topup: 1, cashout: 0 },
  },
  {
    name: 'the first rounds',
    until: 0.3,
    isCut: false,
    bar: { round: 20, reverse: 1, balance: 2 },
    topup: { topup: 12, cashout: 1 },
  },
  {
    name: 'the cable is out: both boxes sell on alone',
    until: 0.62,
    isCut: true,
    bar: { round: 24, reverse: 1, balance: 2 },
    topup: { topup: 10, cashout: 1 },
  },
  {
    name: 'the cable is back: catching up',
    until: 0.85,
    isCut: false,
    bar: { round: 24, reverse: 1, balance: 2 },
    topup: { topup: 8, cashout: 2 },
  },
  {
    name: 'last orders, and cashing out',
    until: 1,
    isCut: false,
    bar: { round: 8, reverse: 1, balance: 2 },
    topup: { topup: 1, cashout: 6 },
  },
];

export function phaseAt(share: number): Phase {
  const phase = PHASES.find(({ until }) => share < until) ?? PHASES.at(-1);
  if (!phase) throw new RangeError('the programme has no phases');
  return phase;
}

/** Draws one of the names by weight. */
export function weighted<K extends string>(weights: Readonly<Record<K, number>>, random: Random): K {
  const entries = Object.entries(weights) as [K, number][];
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  let at = random.below(total);
  for (const [name, weight] of entries) {
    if (at < weight) return name;
    at -= weight;
  }
  throw new RangeError('nothing to draw from');
}
