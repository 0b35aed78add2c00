/** No image has two posted successors in honest operation, and nobody honest is accused of anything. */
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { isHonest, lostEntries } from '../honest.ts';
import type { Notebook } from '../notebook.ts';

const ACCUSES = ['fork', 'forgery', 'wallet-claimed', 'replaced-chip-moved'];

export const noHonestFork: Check = {
  name: 'no-honest-fork',
  sentence: 'No honest wristband forks, and none has a case that says so',
  after: (seen, notebook) => (seen.kind === 'cloud' ? [...accused(notebook), ...setAside(notebook)] : []),
  atEnd: notebook => [...forked(notebook)],
};

function* accused(notebook: Notebook): Generator<Found> {
  for (const { kind, uid, refs } of notebook.rows.cases) {
    if (!ACCUSES.includes(kind) || uid === null || !isHonest(notebook, uid)) continue;
    // What went with a disk leaves an image that nobody wrote: the case says what is so.
    if (kind === 'forgery' && lostEntries(notebook, uid).length > 0) continue;
    // A replaced wristband may have been used at a box that was put back behind the block.
    if (kind === 'replaced-chip-moved' && notebook.lost.entries.size > 0) continue;
    yield { what: `a case of ${kind} is open`, uid, guest: notebook.guestOf(uid)?.name, refs };
  }
}

/** A box that has its own disk signs one journal. */
function* setAside({ rows, lost, crookedBoxes }: Notebook): Generator<Found> {
  const restored = new Set([...lost.entries.values()].map(({ box }) => box));
  for (const { box, epoch } of rows.quarantined) {
    if (crookedBoxes.has(box) || restored.has(box)) continue;
    yield { what: `something of journal ${box}/${epoch} was set aside, and its box is honest` };
  }
}

function* forked(notebook: Notebook): Generator<Found> {
  for (const [uid, { forks }] of graphsOf(notebook.cloud).chips) {
    if (!isHonest(notebook, uid)) continue;
    for (const { taps } of forks) {
      const refs = taps.map(({ ref }) => ref);
      const what = `${taps.length} posted taps left from one image`;
      yield { what, uid, guest: notebook.guestOf(uid)?.name, refs };
    }
  }
}
