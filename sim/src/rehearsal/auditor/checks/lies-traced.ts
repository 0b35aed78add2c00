/** What a till that lies took beyond what its screen said stands in the books under its own name: whoever complains is proved right. */
import { takenMinor } from '../amounts.ts';
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import type { Notebook } from '../notebook.ts';

export const liesTraced: Check = {
  name: 'lies-traced',
  sentence: 'What a lying till took is booked as it was taken, with its name and that of the wristband',
  atEnd: notebook => [...untraced(notebook)],
};

function* untraced(notebook: Notebook): Generator<Found> {
  const { cloud, crookedBoxes, lost, rows } = notebook;
  const { status } = graphsOf(cloud);
  const isWhole = crookedBoxes.size === 0 && lost.entries.size === 0 && rows.quarantined.length === 0;
  for (const visit of isWhole ? notebook.visits.values() : []) {
    const { isCrooked, shown, tapId, till } = visit;
    if (!isCrooked || !shown || (visit.leaf !== 'charge' && visit.leaf !== 'cashout')) continue;
    const uid = notebook.touchOf(visit)?.uid;
    const isBooked = cloud
      .tapsOf(tapId)
      .some(
        ({ ref, read }) =>
          status.get(ref) === 'posted' &&
          read.till === till &&
          read.uid === uid &&
          takenMinor(read) === shown.screen.amountMinor,
      );
    if (!isBooked) yield { what: `till ${till} lied, and nothing booked shows what it took`, tapId, uid };
  }
}
