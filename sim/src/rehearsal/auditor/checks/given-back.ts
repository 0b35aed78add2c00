/**
 * A tap that ended without a green screen costs the guest nothing: what it took all the same, and cash that was kept and never
 * loaded, comes back as online credit, once. What was green isn't given back.
 */
import { takenMinor, toppedUpMinor } from '../amounts.ts';
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { isUnharmed } from '../honest.ts';
import type { Notebook } from '../notebook.ts';
import type { StoredTap } from '../shelf.ts';
import type { Visit } from '../visit.ts';

export const givenBack: Check = {
  name: 'given-back',
  sentence: 'A tap without a green screen that took something is given back, once, and nothing else is',
  atEnd: notebook => {
    const given = creditsOf(notebook);
    const visited = [...notebook.visits.values()].flatMap(visit => unlike(visit, given, notebook));
    return [...visited, ...strangers(given, notebook)];
  },
};

function unlike(visit: Visit, given: ReadonlyMap<string, number>, notebook: Notebook): Found[] {
  const taps = notebook.cloud.tapsOf(visit.tapId);
  const uid = taps[0]?.read.uid;
  if (uid === undefined || !isUnharmed(notebook, uid)) return [];
  const owed = owedMinor(visit, taps, notebook);
  const got = taps.reduce((sum, { ref }) => sum + (given.get(ref) ?? 0), 0);
  if (got === owed || (got < owed && isStuck(notebook, taps))) return [];
  const about = {
    tapId: visit.tapId,
    uid,
    guest: notebook.guestOf(uid)?.name,
    refs: taps.map(({ ref }) => ref),
  };
  const screen = visit.shown ? 'was green' : 'had no green screen';
  return [
    { ...about, what: `it ${screen}: ${owed} are owed to the guest for it, and ${got} were given back` },
  ];
}

function owedMinor(visit: Visit, taps: readonly StoredTap[], { cloud }: Notebook): number {
  if (visit.shown) return 0;
  const { status } = graphsOf(cloud);
  const posted = taps.filter(({ ref }) => status.get(ref) === 'posted');
  const tookMinor = posted.reduce((sum, { read }) => sum + takenMinor(read) + toppedUpMinor(read), 0);
  // Nothing was loaded, and the till kept the cash.
  const isKept = posted.length === 0 && taps.some(({ ref }) => status.get(ref) === 'dropped');
  return Math.max(0, tookMinor) + (isKept ? Math.max(0, visit.handedMinor) : 0);
}

/** The list of credits is full: staff see to it. */
const isStuck = ({ rows }: Notebook, taps: readonly StoredTap[]) =>
  rows.cases.some(
    ({ kind, refs }) => kind === 'give-back-stuck' && taps.some(({ ref }) => refs.includes(ref)),
  );

/** Given back for taps that nobody ever made. */
function strangers(given: ReadonlyMap<string, number>, notebook: Notebook): Found[] {
  return [...given].flatMap(([ref, minor]) => {
    const read = notebook.cloud.entries.get(ref)?.read;
    if (read?.kind === 'tap' && notebook.visits.has(read.tap)) return [];
    return [{ what: `${minor} were given back for a tap that nobody made`, refs: [ref] }];
  });
}

/** What was given back for each tap, by its place. */
function creditsOf({ cloud }: Notebook): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  for (const { box, read } of cloud.entries.values()) {
    if (box !== 0 || read?.kind !== 'credited' || read.source !== 'given-back') continue;
    const ref = read.reference.replace(/^tap:/, '');
    given.set(ref, (given.get(ref) ?? 0) + read.mainMinor + read.bonusMinor);
  }
  return given;
}
