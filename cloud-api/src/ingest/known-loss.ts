/** What is known of a fork's cost, from images alone, since they are what a clone copies. `ledger/fork-bound.ts` adds what isn't known. */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipGraph, Write } from '@pulsera/firmware-protocol/purse/graph';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { KnownLoss } from '../ledger/fork-bound.ts';

/**
 * The branch that spent least counts as the guest's own: nobody can tell which one it was, and a bound takes the worse case. Of each
 * other: what it spent so far, and what still lies on its ends.
 * @param before the image that more than one posted write left from
 */
export function knownLoss(graph: ChipGraph, before: string): KnownLoss {
  const posted = graph.writes.filter(({ status }) => status === 'posted');
  const leaving = Map.groupBy(posted, write => write.before ?? '');
  const branches = (leaving.get(before) ?? []).map(write => branch(write, leaving));
  const [, ...others] = branches.sort((a, b) => a.spentMinor - b.spentMinor || a.leftMinor - b.leftMinor);
  return {
    spentMinor: others.reduce((sum, { spentMinor }) => sum + spentMinor, 0),
    leftMinor: others.reduce((sum, { leftMinor }) => sum + leftMinor, 0),
  };
}

function branch(first: Write, leaving: ReadonlyMap<string, readonly Write[]>) {
  let spentMinor = 0;
  let leftMinor = 0;
  const seen = new Set<string>();
  const open = [first];
  for (let write = open.pop(); write; write = open.pop()) {
    if (seen.has(write.after)) continue;
    seen.add(write.after);
    const heldMinor = valueMinor(write.after);
    spentMinor += Math.max(0, (write.before === null ? 0 : valueMinor(write.before)) - heldMinor);
    const next = leaving.get(write.after) ?? [];
    if (next.length === 0) leftMinor += heldMinor;
    open.push(...next);
  }
  return { spentMinor, leftMinor };
}

/** Main and bonus of an image. */
function valueMinor(image: string): number {
  const { balanceMinor, bonusMinor } = imageFields(fromHex(image));
  return balanceMinor + bonusMinor;
}
