/** A green screen means: on the chip and on disk. What was shown green must be in a journal before it is shown, and for ever. */
import { takenMinor } from '../amounts.ts';
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { isInCloud, lostEntries } from '../honest.ts';
import type { Notebook } from '../notebook.ts';
import type { Seen, SeenOf } from '../seen.ts';
import type { Shelf } from '../shelf.ts';
import { type Visit, wrote } from '../visit.ts';

export const greenKept: Check = {
  name: 'green-kept',
  sentence: 'What was shown green is posted in a journal, and is never lost',
  after(seen: Seen, notebook) {
    if (seen.kind === 'started') return afterStart(seen, notebook);
    const { last } = notebook;
    return seen.kind === 'showed' && last?.isFirstGreen ? whenShown(last.visit, notebook) : [];
  },
  atEnd: notebook => [...notebook.visits.values()].flatMap(visit => atLast(visit, notebook)),
};

function whenShown(visit: Visit, notebook: Notebook): Found[] {
  if (!visit.shown || !wrote(visit) || notebook.crookedBoxes.has(visit.box)) return [];
  const { disk } = notebook;
  const own = disk.tapsOf(visit.tapId).filter(({ box }) => box === visit.box);
  const refs = own.map(({ ref }) => ref);
  const about = { tapId: visit.tapId, refs, ...whose(visit, notebook) };
  if (own.length === 0) return [{ ...about, what: 'it was green, and its box has no entry of it on disk' }];
  const posted = own.filter(({ ref }) => isTold(disk, ref));
  const [entry, second] = posted;
  if (!entry) return [{ ...about, what: 'it was green, and no settlement on disk says that it is posted' }];
  if (second) return [];
  if (visit.touches.every(({ uid }) => uid !== entry.read.uid)) {
    return [{ ...about, what: `wristband ${entry.read.uid} paid, which nobody held out` }];
  }
  const journaled = takenMinor(entry.read);
  const shown = visit.shown.screen.amountMinor;
  if (journaled === shown) return [];
  return [{ ...about, what: `the screen said ${shown}, and the journal says ${journaled}` }];
}

const isTold = (shelf: Shelf, ref: string) =>
  shelf.settlementsOf(ref).some(({ outcome }) => outcome === 'posted');

/** A box that comes up must hold all that it ever had on disk, unless that disk is gone. */
function afterStart({ box, epoch, lastSeq }: SeenOf<'started'>, { disk }: Notebook): Found[] {
  const end = disk.endOf(box, epoch);
  if (lastSeq >= end) return [];
  const what = `box ${box} came up with its journal ending at ${lastSeq}, and had ${end} on disk`;
  return [{ what, refs: [`${box}/${epoch}/${lastSeq + 1}`] }];
}

function atLast(visit: Visit, notebook: Notebook): Found[] {
  if (!visit.shown || !wrote(visit)) return [];
  const { cloud, rows } = notebook;
  const isSetAside = rows.quarantined.some(({ box }) => box === visit.box);
  if (isSetAside || notebook.crookedBoxes.has(visit.box)) return [];
  if (notebook.lost.tapsOf(visit.tapId).some(tap => !isInCloud(notebook, tap))) return [];
  const { status } = graphsOf(cloud);
  const isPosted = cloud.tapsOf(visit.tapId).some(({ ref }) => status.get(ref) === 'posted');
  if (isPosted) return [];
  const refs = cloud.tapsOf(visit.tapId).map(({ ref }) => ref);
  if (isForgotten(refs, visit, notebook)) return [];
  const what = 'it was green, and in the end it is not posted in the cloud';
  return [{ what, tapId: visit.tapId, refs, ...whose(visit, notebook) }];
}

/** Its entry is left, and what its box and the wristband's next taps said about it went with their disks before it was synced. */
function isForgotten(refs: readonly string[], visit: Visit, notebook: Notebook): boolean {
  const uid = notebook.touchOf(visit)?.uid;
  const hasLostNext = uid !== undefined && lostEntries(notebook, uid).length > 0;
  return hasLostNext && refs.some(ref => isTold(notebook.lost, ref));
}

function whose(visit: Visit, notebook: Notebook) {
  const uid = notebook.touchOf(visit)?.uid;
  return { uid, guest: notebook.guestOf(uid)?.name };
}
