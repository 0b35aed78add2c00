import type { Check } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { isUnharmed } from '../honest.ts';

export const pendingSettled: Check = {
  name: 'pending-settled',
  sentence: 'Every tap is settled when all is over',
  atEnd(notebook) {
    const { status } = graphsOf(notebook.cloud);
    return [...notebook.cloud.taps()].flatMap(({ ref, box, read: { uid, tap: tapId } }) => {
      const isOpen = status.get(ref) === 'pending' && !notebook.crookedBoxes.has(box);
      if (!isOpen || !isUnharmed(notebook, uid)) return [];
      const what = 'nobody knows whether this tap happened';
      return [{ what, tapId, uid, guest: notebook.guestOf(uid)?.name, refs: [ref] }];
    });
  },
};
