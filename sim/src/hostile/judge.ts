/** What must hold of a box under siege, and whether it does. Pure. */
import { quantile } from '../bench/spread.ts';

export const PLACES = 64;
const SLOWDOWN = 2;
const GROWTH_BYTES = 20 * 1024 * 1024;

export interface Seen {
  readonly quietMs: readonly number[];
  readonly besiegedMs: readonly number[];
  /** Most at a time. */
  readonly waiting: number;
  /** Most files and sockets that the process held beyond those of its quiet time. */
  readonly held: number;
  readonly dialled: number;
  readonly refused: number;
  /** Bytes: before, and a minute after; null where nobody waited for it. */
  readonly rss: { readonly before: number; readonly after: number } | null;
}

export interface Check {
  readonly what: string;
  readonly found: string;
  readonly holds: boolean;
}

/** @param counts judges only what another busy program can't change */
export function judge(seen: Seen, counts: boolean): readonly Check[] {
  const [quiet, besieged] = [seen.quietMs, seen.besiegedMs].map(ms => quantile(ms, 0.99)) as [number, number];
  const checks: Check[] = [
    {
      what: `at most ${PLACES} wait, as the box counts them`,
      found: `${seen.waiting} of ${seen.dialled} that dialled`,
      holds: seen.waiting <= PLACES,
    },
    {
      // One more is at the door while it is turned away: it has to be accepted to be closed.
      what: `at most ${PLACES} and the one being turned away, as the kernel counts them`,
      found: String(seen.held),
      holds: seen.held <= PLACES + 1,
    },
    { what: 'strangers are turned away', found: `${seen.refused} times`, holds: seen.refused > 0 },
    {
      what: 'every tap is answered green',
      found: `${seen.besiegedMs.length} taps`,
      holds: seen.besiegedMs.length > 0,
    },
  ];
  if (counts) return checks;
  checks.push({
    what: `p99 of a tap within ${SLOWDOWN}× of the quiet one`,
    found: `${besieged.toFixed(1)} ms, quiet ${quiet.toFixed(1)} ms: ${(besieged / quiet).toFixed(2)}×`,
    holds: besieged <= SLOWDOWN * quiet,
  });
  if (seen.rss !== null) {
    const grown = (seen.rss.after - seen.rss.before) / 1e6;
    checks.push({
      what: 'memory within 20 MB of its start a minute later',
      found: `${(seen.rss.before / 1e6).toFixed(0)} MB before, ${(seen.rss.after / 1e6).toFixed(0)} MB after: ${grown.toFixed(1)} MB more`,
      holds: seen.rss.after - seen.rss.before <= GROWTH_BYTES,
    });
  }
  return checks;
}

export function report(checks: readonly Check[]): string {
  return checks
    .map(({ what, found, holds }) => `${holds ? 'holds ' : 'BROKEN'}  ${what}: ${found}\n`)
    .join('');
}
