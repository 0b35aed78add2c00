/**
 * What a fork can have cost at most. Filed with the case is what all branches but the least spent, and what their chips still hold. A box
 * that doesn't obey the block yet may besides have sold against a copy of its own, all that the copied image held and could load:
 * each such box counts once, since a box that has seen one copy declines the next (`image-stale`, `image-forked`). How many there are
 * changes with every cursor that comes in, so the sum is made when it is read.
 *
 * The plan's chip cap isn't in it: it limits a top-up, not what a chip pays.
 */
import type { ChipUid, Seq } from '@pulsera/firmware-protocol/ids';
import type { Case } from './case.ts';
import { mayStillSpend } from './held.ts';
import { creditsOf, spendableMinor } from './spendable.ts';
import type { Ledger } from './store/store.ts';

/** Of the branches that aren't the guest's own. */
export interface KnownLoss {
  readonly spentMinor: number;
  /** On their ends: it can be spent only where the block isn't obeyed. */
  readonly leftMinor: number;
}

/** Pure. @param perBoxMinor what one copy can spend @param boxes that may not obey the block yet */
export function forkBoundMinor(
  { spentMinor, leftMinor }: KnownLoss,
  perBoxMinor: number,
  boxes: number,
): number {
  return boxes === 0 ? spentMinor : spentMinor + leftMinor + boxes * perBoxMinor;
}

/** Open forks with their bound as it is now; all other cases as they are. */
export async function withForkBounds(ledger: Ledger, cases: readonly Case[]): Promise<Case[]> {
  const uids = cases.flatMap(found => (openFork(found) && found.uid !== null ? [found.uid] : []));
  if (uids.length === 0) return [...cases];
  const boxes = await ledger.boxes.obeying();
  const blocks = await readBlocks(ledger, uids);
  const credits = await creditsOf(ledger, [...(await ledger.chips.read(uids, 'unlocked')).values()]);
  return cases.map(found => {
    const fork = openFork(found);
    if (!fork || found.uid === null) return found;
    const perBoxMinor = spendableMinor(fork.before, credits.get(found.uid) ?? []);
    // Never blocked: no box obeys what isn't said.
    const blockSeq = blocks.get(found.uid) ?? (Number.MAX_SAFE_INTEGER as Seq);
    const boxesNotSynced = mayStillSpend(blockSeq, boxes).length;
    return {
      ...found,
      detail: { ...found.detail, perBoxMinor, boxesNotSynced },
      lossBoundMinor: forkBoundMinor(fork, perBoxMinor, boxesNotSynced),
    };
  });
}

function openFork({ kind, state, detail }: Case): (KnownLoss & { readonly before: string }) | undefined {
  if (kind !== 'fork' || state !== 'open') return undefined;
  const { before, spentMinor, leftMinor } = detail;
  if (typeof before !== 'string' || typeof spentMinor !== 'number' || typeof leftMinor !== 'number') {
    return undefined;
  }
  return { before, spentMinor, leftMinor };
}

/** Where the cloud's journal first takes each of these chips out of use. */
async function readBlocks({ journals }: Ledger, uids: readonly ChipUid[]): Promise<Map<ChipUid, Seq>> {
  const blocks = new Map<ChipUid, Seq>();
  for (const { seq, body } of await journals.blocks(uids)) {
    if (!blocks.has(body.uid)) blocks.set(body.uid, seq);
  }
  return blocks;
}
