/**
 * What became of each tap, from all journals together, in the plainest words: a tap is posted when its box (or the cloud at the
 * close) says so, or when any tap started from its image; dropped when it is told so, or another posted one started where it
 * did; else it is still open.
 */
import type { Chip, Evidence, KeptTap, Status } from './evidence.ts';
import type { Findings } from './findings.ts';

const CLOUD = 0;

export interface SettledChip {
  readonly chip: Chip;
  readonly status: ReadonlyMap<KeptTap, Status>;
  readonly posted: readonly KeptTap[];
  /** Posted taps that started from one image, where there are several. */
  readonly forks: readonly { readonly before: string; readonly taps: readonly KeptTap[] }[];
  /** Taps that started from an image nobody wrote. */
  readonly gaps: readonly KeptTap[];
  /** Where the wristband stands, as far as is known. */
  readonly ends: readonly string[];
}

/** Hands each settlement to the tap it names. One that names no such tap counts for nothing: returned as a stray, by its place. */
export function tellTaps(evidence: Evidence, findings: Findings): ReadonlySet<string> {
  const strays = new Set<string>();
  for (const { ref, box, body } of evidence.settlements) {
    const tap = evidence.taps.get(body.of);
    findings.looked('entries');
    if (body.evidence === 'graph') continue;
    if (tap?.uid !== body.uid || (box !== CLOUD && box !== body.ofBox)) {
      strays.add(ref);
      continue;
    }
    if (tap.tap !== body.tap) findings.fail('entries', ref, `it settles ${body.of} under another tap id`);
    if (body.outcome === 'abandoned') tap.abandoned = true;
    else tap.told[body.outcome] = true;
  }
  return strays;
}

export function settleChip(chip: Chip): SettledChip {
  const startedFrom = new Set(chip.taps.map(({ before }) => before));
  const posted = chip.taps.filter(({ told, after }) => told.posted || startedFrom.has(after));
  const leaving = Map.groupBy(posted, ({ before }) => before);
  const isPosted = new Set(posted);
  const status = new Map<KeptTap, Status>();
  for (const tap of chip.taps) {
    const isDropped = tap.told.dropped || leaving.has(tap.before);
    status.set(tap, isPosted.has(tap) ? 'posted' : isDropped ? 'dropped' : 'pending');
  }
  const written = new Set([...chip.roots, ...chip.taps.map(({ after }) => after)]);
  return {
    chip,
    status,
    posted,
    forks: [...leaving].flatMap(([before, taps]) =>
      taps.length > 1 ? [{ before: before ?? '', taps }] : [],
    ),
    gaps: chip.taps.filter(({ before }) => before !== null && !written.has(before)),
    ends: [...new Set([...chip.roots, ...posted.map(({ after }) => after)])].filter(
      image => !leaving.has(image),
    ),
  };
}

/** The cloud's conclusions against these. */
export function checkSettlements(
  evidence: Evidence,
  settled: ReadonlyMap<string, SettledChip>,
  findings: Findings,
): void {
  // The last word counts: a tap that was dropped may turn up later.
  const concluded = new Map<string, string>();
  for (const { box, body } of evidence.settlements) {
    if (box === CLOUD && body.evidence === 'graph') concluded.set(body.of, body.outcome);
  }
  for (const { status } of settled.values()) {
    for (const [tap, is] of status) {
      findings.looked('settlements');
      const said = concluded.get(tap.ref);
      concluded.delete(tap.ref);
      const isTold = is === 'posted' ? tap.told.posted : tap.told.dropped;
      if (is === 'pending') {
        if (said) findings.fail('settlements', tap.ref, `the cloud says ${said}, and nothing shows it`);
        else findings.open('settlements', tap.ref, 'nobody knows yet whether this tap happened');
      } else if (said === undefined && !isTold) {
        findings.fail('settlements', tap.ref, `it was ${is}, and the cloud did not say so`);
      } else if (said !== undefined && said !== is && !isTold) {
        findings.fail('settlements', tap.ref, `the cloud says ${said}, and it was ${is}`);
      }
    }
  }
  for (const of of concluded.keys())
    findings.fail('settlements', of, 'the cloud settled a tap that is not there');
}
