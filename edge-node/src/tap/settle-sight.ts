/**
 * What a look at a chip says of this box's pending writes on it. Finding the image itself proves a write; a chip still at the
 * image a write started from, with something else in its slot, will disprove it as soon as that slot is written over. All
 * else is for the cloud, which sees every box's journal.
 */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { PendingTap } from '../journal/views.ts';

export interface Sighted {
  /** Its image is in a slot. When it is the current one, it is to be written once more and read back first. */
  readonly posted: readonly { readonly write: PendingTap; readonly isCurrent: boolean }[];
  /** Left from the same image as one that is posted, for the same slot: dropped together with that one's posting. */
  readonly outdone: readonly PendingTap[];
  /** Dropped once the next write from this purse has been read back. */
  readonly overwritable: readonly PendingTap[];
  readonly unknown: readonly PendingTap[];
}

export function settleBySight({ slots, slot, current }: Purse, pending: readonly PendingTap[]): Sighted {
  const holding = (image: Uint8Array) => slots.findIndex(held => equalBytes(held, image));
  const found = pending.filter(write => holding(write.after) !== -1);
  const rest = pending.filter(write => !found.includes(write));
  const isOutdone = (write: PendingTap) =>
    found.some(({ before, after }) => sameImage(before, write.before) && sameCounter(after, write.after));
  const isOverwritable = (write: PendingTap) =>
    sameImage(write.before, slots[slot]) && imageFields(write.after).counter === current.counter + 1;
  return {
    posted: found.map(write => ({ write, isCurrent: holding(write.after) === slot })),
    outdone: rest.filter(isOutdone),
    overwritable: rest.filter(write => !isOutdone(write) && isOverwritable(write)),
    unknown: rest.filter(write => !isOutdone(write) && !isOverwritable(write)),
  };
}

function sameImage(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && equalBytes(a, b);
}

const sameCounter = (a: Uint8Array, b: Uint8Array) => imageFields(a).counter === imageFields(b).counter;
