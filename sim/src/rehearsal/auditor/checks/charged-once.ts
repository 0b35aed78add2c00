/** One tap is one payment: whatever is repeated, restarted or sent twice, it comes to one posted entry and one answer. */
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { isHonest } from '../honest.ts';
import type { Notebook } from '../notebook.ts';
import type { TapScreen } from '../screen.ts';
import type { Visit } from '../visit.ts';

export const chargedOnce: Check = {
  name: 'charged-once',
  sentence: 'Nothing is charged twice, and a tap asked for again is answered the same',
  after: (seen, { last }) => (seen.kind === 'showed' && last ? contradictions(last.visit, last.screen) : []),
  atEnd: notebook => [...chargedTwice(notebook), ...reversedTwice(notebook)],
};

function contradictions(visit: Visit, screen: TapScreen): Found[] {
  if (!('outcome' in screen) || screen.outcome === 'fault') return [];
  const greens = visit.screens.filter(each => 'outcome' in each && each.outcome === 'approved');
  const [first] = greens;
  if (!first || JSON.stringify(first) === JSON.stringify(screen)) return [];
  const what = `it was green first, and then the screen said ${JSON.stringify(screen)}`;
  return [{ what, tapId: visit.tapId, uid: visit.touches.at(-1)?.uid }];
}

function* chargedTwice(notebook: Notebook): Generator<Found> {
  const { status } = graphsOf(notebook.cloud);
  for (const { tapId } of notebook.visits.values()) {
    const posted = notebook.cloud.tapsOf(tapId).filter(({ ref }) => status.get(ref) === 'posted');
    const [first] = posted;
    if (!first || posted.length === 1 || !isHonest(notebook, first.read.uid)) continue;
    const { uid } = first.read;
    const refs = posted.map(({ ref }) => ref);
    yield { what: `one tap is posted ${refs.length} times`, tapId, uid, guest: nameOf(notebook, uid), refs };
  }
}

function* reversedTwice(notebook: Notebook): Generator<Found> {
  const by = new Map<string, string>();
  for (const { tapId, leaf, ofTapId, shown } of notebook.visits.values()) {
    if (leaf !== 'reverse' || !shown || ofTapId === null) continue;
    const first = by.get(ofTapId);
    if (first) yield { what: `${first} had reversed the sale ${ofTapId} already`, tapId };
    by.set(ofTapId, tapId);
  }
}

const nameOf = (notebook: Notebook, uid: string) => notebook.guestOf(uid)?.name;
