/** The programme of the evening: when the bars are full and when everybody stands before the stage. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';

export interface Phase {
  readonly name: string;
  /** The share of the evening, 0 to 1, at which it ends. */
  readonly until: number;
  /** How often people come to a bar, against the busiest phase: more than 0, at most 1. */
  readonly intensity: number;
}

export const PROGRAMME: readonly Phase[] = [
  { name: 'doors', until: 0.15, intensity: 0.4 },
  { name: 'first act', until: 0.35, intensity: 0.3 },
  { name: 'the break before the main act', until: 0.45, intensity: 1 },
  { name: 'main act', until: 0.7, intensity: 0.15 },
  { name: 'after the main act', until: 0.85, intensity: 1 },
  { name: 'last orders', until: 1, intensity: 0.5 },
];

/** @param share of the evening; from 1 on the last phase goes on */
export function phaseAt(share: number, programme: readonly Phase[] = PROGRAMME): Phase {
  const phase = programme.find(({ until }) => share < until) ?? programme.at(-1);
  if (!phase) throw new RangeError('The programme has no phases.');
  return phase;
}

/**
 * When somebody comes next: a Poisson process whose rate follows the programme, drawn by thinning (Lewis and Shedler, 1979).
 * @param gapMs between two visits in the busiest phase, on average
 */
export function nextVisitMs(random: Random, fromMs: number, gapMs: number, eveningMs: number): number {
  let atMs = fromMs;
  do {
    // Never the logarithm of 0.
    atMs -= gapMs * Math.log((random.u32() + 1) / 2 ** 32);
  } while (atMs < eveningMs && !random.chance(phaseAt(atMs / eveningMs).intensity));
  return atMs;
}
