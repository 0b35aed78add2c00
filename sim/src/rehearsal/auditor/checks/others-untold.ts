/** Whoever holds a till's certificate hears and moves nothing of what other tills are at, though it knows their taps by their ids. */
import type { Check, Found } from '../finding.ts';
import type { Notebook } from '../notebook.ts';
import { readScreen } from '../screen.ts';
import type { SeenOf } from '../seen.ts';

export const othersUntold: Check = {
  name: 'others-untold',
  sentence: "A stolen till is told nothing of another till's tap, and gives none up",
  after: (seen, notebook) => (seen.kind === 'overheard' ? [...leaks(seen, notebook)] : []),
};

function* leaks({ till, message }: SeenOf<'overheard'>, notebook: Notebook): Generator<Found> {
  const screen = readScreen(message);
  if (!screen || !('tapId' in screen) || !('outcome' in screen)) return;
  const { tapId, outcome } = screen;
  const visit = notebook.visits.get(tapId);
  if (visit === undefined || visit.till === till) return;
  // Nothing was begun under that id yet, and so it was the thief's own.
  if (notebook.tapsOf(tapId).some(({ read }) => read.till === till)) return;
  const isTold = outcome === 'approved' || (outcome === 'cancelled' && screen.chip === 'unsettled');
  if (isTold)
    yield { what: `${till} was answered ${JSON.stringify(message)} about a tap of ${visit.till}`, tapId };
}
