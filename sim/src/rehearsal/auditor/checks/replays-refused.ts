/** Whoever sends a box's batch once more, as it was or forged, gets nothing taken in, and gets no box accused. */
import type { Check, Found } from '../finding.ts';
import type { Notebook } from '../notebook.ts';
import type { SeenOf } from '../seen.ts';

/** What the cloud must say. Null: it has it already, or takes what the box itself signed. */
const ANSWERS: Readonly<Record<SeenOf<'replayed'>['how'], readonly (string | null)[]>> = {
  'as-it-was': [null],
  'in-another-session': ['journal-foreign'],
  'under-another-name': ['signature-invalid'],
  'changed-entry': ['batch-head-mismatch'],
  // Its bytes may be no COSE_Sign1 any more.
  'changed-head': ['signature-invalid', 'cbor-malformed'],
  'signed-anew': ['signature-invalid'],
};
/** It heard nothing of it. */
const AWAY = ['cloud-unreachable', 'database-unavailable'];
/** Of a box that lies, or was put back, the batch itself may be one half of a fork. */
const SET_ASIDE = ['journal-forked', 'journal-revoked', 'journal-gap'];

export const replaysRefused: Check = {
  name: 'replays-refused',
  sentence: 'A batch sent again by somebody else is a no-op or refused, and sets no honest journal aside',
  after: (seen, notebook) => (seen.kind === 'replayed' ? [...answered(seen, notebook)] : []),
  atEnd: notebook => [...accused(notebook)],
};

function* answered({ session, how, answer }: SeenOf<'replayed'>, notebook: Notebook): Generator<Found> {
  if (AWAY.includes(answer ?? '') || ANSWERS[how].includes(answer)) return;
  if (how === 'as-it-was' && SET_ASIDE.includes(answer ?? '') && !isSteady(notebook, session)) return;
  yield {
    what: `a batch sent again in box ${session}'s session ${how} was answered ${answer ?? 'as taken'}`,
  };
}

function* accused(notebook: Notebook): Generator<Found> {
  for (const { box, epoch } of notebook.rows.quarantined) {
    if (isSteady(notebook, box)) {
      yield {
        what: `something of journal ${box}/${epoch} was set aside, and its box signed one journal only`,
      };
    }
  }
}

/** It neither lies nor has lost any of its disk. */
function isSteady({ crookedBoxes, lost }: Notebook, box: number): boolean {
  return !crookedBoxes.has(box) && ![...lost.entries.values()].some(entry => entry.box === box);
}
