/** An image comes from a tap, or from the bench: what somebody made without a box is refused, and with stolen keys ends as a case. */
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { lostEntries } from '../honest.ts';
import type { Notebook } from '../notebook.ts';

export const forgeriesFound: Check = {
  name: 'forgeries-found',
  sentence: 'No image that nobody wrote is taken, unless it is sealed with stolen keys, and that has a case',
  atEnd: notebook => [...strangers(notebook)],
};

function* strangers(notebook: Notebook): Generator<Found> {
  const { rows, attacks, crookedBoxes } = notebook;
  for (const [uid, { gaps }] of graphsOf(notebook.cloud).chips) {
    for (const { ref, tap: tapId } of gaps) {
      const isSetAside = rows.quarantined.length > 0 || lostEntries(notebook, uid).length > 0;
      const isSealed = attacks.some(attack => attack.uid === uid && attack.how === 'forged');
      if (!isSealed && !isSetAside && crookedBoxes.size === 0) {
        yield { what: 'it started from an image that nobody wrote, and was taken', uid, tapId, refs: [ref] };
      }
      const isNamed = rows.cases.some(({ kind, refs }) => kind === 'forgery' && refs.includes(ref));
      if (!isNamed && !isSetAside) {
        yield { what: 'no case names the tap that started from a forged image', uid, tapId, refs: [ref] };
      }
    }
  }
}
