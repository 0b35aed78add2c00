/** Settling what a look at a chip has proven, before anything else is done with it. */
import { rewriteSlot } from '@pulsera/firmware-protocol/chip/ntag21x';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import type { Journal, PendingTap } from '../journal/journal.ts';
import { settled } from './draft.ts';
import { type Again, again } from './look.ts';
import { type Sighted, settleBySight } from './settle-sight.ts';

/**
 * A page torn while it was programmed may read well once and decay, so an image that was only seen is written once more, the
 * same bytes, and read back before it counts.
 * @param pending this chip's, as of now
 */
export async function settleSighted(
  journal: Journal,
  reader: Reader,
  purse: Purse,
  presence: number,
  pending: readonly PendingTap[],
): Promise<Sighted | Again> {
  const sighted = settleBySight(purse, pending);
  if (sighted.posted.length === 0) return sighted;
  if (sighted.posted.some(({ isCurrent }) => isCurrent)) {
    const written = await rewriteSlot(reader, purse.slot, purse.slots[purse.slot], presence);
    if (written.kind !== 'ok') return again();
  }
  await journal.append([
    ...sighted.posted.map(({ write }) => settled(write, 'posted', 'sight')),
    ...sighted.outdone.map(write => settled(write, 'dropped', 'overwritten')),
  ]);
  return sighted;
}
