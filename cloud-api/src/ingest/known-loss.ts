/**
 * What is known of a fork's cost, from images and the cloud's own list of credits: what a copy loaded it may have spent in the same
 * write. `ledger/fork-bound.ts` adds what isn't known.
 */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipGraph, Write } from '@pulsera/firmware-protocol/purse/graph';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import type { KnownLoss } from '../ledger/fork-bound.ts';

/**
 * The branch that spent least counts as the guest's own: nobody can tell which one it was, and a bound takes the worse case. Of each
 * other: what it spent so far, and what still lies on its ends.
 * @param before the image that more than one posted write left from
 * @param credits the wristband's list
 */
export function knownLoss(graph: ChipGraph, before: string, credits: readonly Credit[]): KnownLoss {
  const posted = graph.writes.filter(({ status }) => status === 'posted');
  const leaving = Map.groupBy(posted, write => write.before ?? '');
  const branches = (leaving.get(before) ?? []).map(write => branch(write, leaving, credits));
  const [, ...others] = branches.sort((a, b) => a.spentMinor - b.spentMinor || a.leftMinor - b.leftMinor);
  return {
    spentMinor: others.reduce((sum, { spentMinor }) => sum + spentMinor, 0),
    leftMinor: others.reduce((sum, { leftMinor }) => sum + leftMinor, 0),
  };
}

function branch(
  first: Write,
  leaving: ReadonlyMap<string, readonly Write[]>,
  credits: readonly Credit[],
): KnownLoss {
  let spentMinor = 0;
  let leftMinor = 0;
  const seen = new Set<string>();
  const open = [first];
  for (let write = open.pop(); write; write = open.pop()) {
    if (seen.has(write.after)) continue;
    seen.add(write.after);
    spentMinor += Math.max(0, spentBy(write, credits));
    const next = leaving.get(write.after) ?? [];
    if (next.length === 0) leftMinor += held(write.after).valueMinor;
    open.push(...next);
  }
  return { spentMinor, leftMinor };
}

/** Negative when it put more on the wristband than it took. */
function spentBy({ before, after }: Write, credits: readonly Credit[]): number {
  const [from, to] = [before === null ? BLANK : held(before), held(after)];
  const loadedMinor = credits
    .filter(({ number }) => number > from.creditNumber && number <= to.creditNumber)
    .reduce((sum, { mainMinor, bonusMinor }) => sum + mainMinor + bonusMinor, 0);
  return from.valueMinor + loadedMinor - to.valueMinor;
}

const BLANK = { valueMinor: 0, creditNumber: 0 };

/** Of an image: main and bonus, and up to which credit it was loaded. */
function held(image: string): typeof BLANK {
  const { balanceMinor, bonusMinor, creditNumber } = imageFields(fromHex(image));
  return { valueMinor: balanceMinor + bonusMinor, creditNumber };
}
