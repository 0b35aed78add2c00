/** How a chip stands with this box, beyond its own seals: blocked, replaced, or showing a state it can't honestly be in. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { type Decline, declined } from '@pulsera/firmware-protocol/purse/decline';
import { imageFields, MAC_BYTES, SLOT_BYTES } from '@pulsera/firmware-protocol/purse/image';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { BlockReason, SeenWallet } from '../journal/views.ts';

export interface Known {
  readonly blocked: BlockReason | undefined;
  /** The newest image of this chip that is known to be posted. */
  readonly seen: SeenWallet | undefined;
}

export function standing(purse: Purse, { blocked, seen }: Known): Decline | undefined {
  if (blocked !== undefined) return declined(blocked === 'replaced' ? 'chip-replaced' : 'chip-blocked');
  if (seen === undefined) return undefined;
  if (seen.generation > purse.chip.generation) return declined('chip-replaced');
  // Another wallet on the same chip, and no word of it being made anew: what we know is all we have to compare with.
  if (seen.wallet !== purse.chip.wallet || purse.current.counter < seen.counter)
    return declined('image-stale');
  return bearsItsPast(purse, seen) ? undefined : declined('image-forked');
}

/**
 * The slots take turns, so the image with the counter we know of, as long as it isn't written over, must be the one we
 * know: another one means that two writes left from one state. Of the slot that was left, only what stands before the MAC is
 * compared: its last page may have been torn, read well until the next image was written, and decayed since. The nonce tells
 * another image all the same.
 */
function bearsItsPast({ slots, current, slot }: Purse, seen: SeenWallet): boolean {
  if (current.counter === seen.counter) return equalBytes(slots[slot], seen.image);
  const previous = slots[slot === 0 ? 1 : 0];
  const isSameTurn = current.counter === seen.counter + 1 && imageFields(previous).counter === seen.counter;
  return !isSameTurn || equalBytes(fields(previous), fields(seen.image));
}

const fields = (slot: Uint8Array) => slot.subarray(0, SLOT_BYTES - MAC_BYTES);
