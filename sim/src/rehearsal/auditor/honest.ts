/** Whom nothing may happen to: which wristbands nobody did anything dishonest or destructive to, by what the simulator owns up to. */
import type { Notebook } from './notebook.ts';
import type { Stored } from './shelf.ts';
import type { Visit } from './visit.ts';

/**
 * Nobody copied or edited it, it was never at a till that is stolen, and of what a box that lies did with it nothing is missing in the cloud.
 * A till that lies writes nothing on it but what its box decides.
 */
export function isHonest(notebook: Notebook, uid: string): boolean {
  if (notebook.attacks.some(attack => attack.uid === uid)) return false;
  if (notebook.crookedBoxes.size === 0 && notebook.stolenTills.size === 0) return true;
  return !notebook.visitsOf(uid).some(visit => isStolen(notebook, visit) || isLiedAbout(notebook, visit));
}

function isStolen({ stolenTills }: Notebook, { till, touches }: Visit): boolean {
  const stolenAt = stolenTills.get(till) ?? Number.POSITIVE_INFINITY;
  return touches.some(({ order }) => order > stolenAt);
}

/** A box kept what it wrote to it from the cloud, or changed it: what that costs is the box's. */
export const wasLiedAbout = (notebook: Notebook, uid: string): boolean =>
  notebook.visitsOf(uid).some(visit => isLiedAbout(notebook, visit));

function isLiedAbout(notebook: Notebook, { tapId, box }: Visit): boolean {
  if (!notebook.crookedBoxes.has(box)) return false;
  return notebook.tapsOf(tapId).some(tap => !isInCloud(notebook, tap));
}

/** Places of what was written to it and is known to nobody any more: the disk went before it was synced. */
export function lostEntries(notebook: Notebook, uid: string): readonly string[] {
  if (notebook.lost.entries.size === 0) return [];
  return notebook
    .visitsOf(uid)
    .flatMap(({ tapId }) => notebook.lost.tapsOf(tapId))
    .filter(tap => tap.read.uid === uid && !isInCloud(notebook, tap))
    .map(({ ref }) => ref);
}

/** What a box knew of the end of one of its taps went with the disk: that its guest was let go, for one thing. */
function hasLostAnEnd(notebook: Notebook, uid: string): boolean {
  const { lost, cloud } = notebook;
  if (lost.entries.size === 0) return false;
  const taps = notebook.visitsOf(uid).flatMap(({ tapId }) => cloud.tapsOf(tapId));
  return taps.some(({ ref, read }) => {
    const known = new Set(cloud.settlementsOf(ref).map(({ outcome }) => outcome));
    return read.uid === uid && lost.settlementsOf(ref).some(({ outcome }) => !known.has(outcome));
  });
}

export function isInCloud({ cloud }: Notebook, { ref, content }: Stored): boolean {
  const held = cloud.entries.get(ref);
  return held !== undefined && Buffer.compare(held.content, content) === 0;
}

/**
 * Both its slots may be torn, or the newest gone that a box has seen on it, the one way in which an honest wristband dies
 * (docs/threat-model.md): its last two taps with anything to write ended without a green screen, at two boxes.
 */
export function mayBeDead(notebook: Notebook, uid: string): boolean {
  const tried = notebook.visitsOf(uid).filter(({ tapId }) => notebook.tapsOf(tapId).length > 0);
  const greenAt = tried.findLastIndex(({ shown }) => shown !== undefined);
  return new Set(tried.slice(greenAt + 1).map(({ box }) => box)).size > 1;
}

/** Honest, and neither its journal nor its slots were lost. */
export function isUnharmed(notebook: Notebook, uid: string): boolean {
  const hasLost = lostEntries(notebook, uid).length > 0 || hasLostAnEnd(notebook, uid);
  return isHonest(notebook, uid) && !hasLost && !mayBeDead(notebook, uid);
}
