/** Which of a chip's bytes is the purse: the immutable block first, then the sealed slot with the higher counter. */
import type { ChipUid, EventId, KeySetNumber } from '../ids.ts';
import { type Decline, declined } from './decline.ts';
import { type ChipIdentity, type Image, imageFields, openSlot, type PurseMac, SLOT_BYTES } from './image.ts';
import { IMMUTABLE_BYTES, type Immutable, openImmutable } from './immutable.ts';

/** What one read of a chip brings: the immutable block and both slots, 64 bytes in the chip's own order. */
export const PURSE_BYTES = IMMUTABLE_BYTES + 2 * SLOT_BYTES;

export interface Purse {
  readonly kind: 'purse';
  readonly chip: ChipIdentity;
  readonly immutable: Immutable;
  readonly slots: readonly [Uint8Array, Uint8Array];
  /** Which slot holds the current image; the next one goes to the other. */
  readonly slot: 0 | 1;
  readonly current: Image;
  readonly otherNonce: number;
  /** The other slot is blank or sealed. One that is neither was torn: its pages may decay yet. */
  readonly isOtherWhole: boolean;
}

/**
 * @param bytes the 64 bytes of immutable block, slot 0 and slot 1.
 * @param honoured says whether images of a key set still count (the plan's list, beside the keys held).
 */
export function openPurse(
  bytes: Uint8Array,
  uid: ChipUid,
  event: EventId,
  mac: PurseMac,
  honoured: (keySet: KeySetNumber) => boolean = () => true,
): Purse | Decline {
  if (bytes.length !== PURSE_BYTES)
    throw new RangeError(`a purse has ${PURSE_BYTES} bytes, not ${bytes.length}`);
  const opened = openImmutable(bytes.subarray(0, IMMUTABLE_BYTES), uid, event, mac);
  if (opened.kind !== 'immutable') return declined(IMMUTABLE_DECLINES[opened.kind]);
  const { block } = opened;
  const chip: ChipIdentity = { uid, wallet: block.wallet, generation: block.generation };
  const slots = [
    bytes.slice(IMMUTABLE_BYTES, IMMUTABLE_BYTES + SLOT_BYTES),
    bytes.slice(IMMUTABLE_BYTES + SLOT_BYTES),
  ] as const;
  const open = [openSlot(slots[0], 0, chip, mac), openSlot(slots[1], 1, chip, mac)] as const;
  const images = open.flatMap(slot => (slot.kind === 'image' ? [slot.image] : []));
  const [first, second] = images;
  if (!first) return declined(open.some(slot => slot.kind === 'key-set') ? 'key-set-unknown' : 'chip-forged');
  const current = second && second.counter > first.counter ? second : first;
  if (
    open.some(
      (slot, index) => slot.kind === 'key-set' && isNewer(imageFields(slots[index === 0 ? 0 : 1]), current),
    )
  ) {
    return declined('key-set-unknown');
  }
  if (!honoured(current.keySet)) return declined('key-set-unknown');
  const slot = current.counter % 2 === 0 ? 0 : 1;
  const other = slot === 0 ? 1 : 0;
  return {
    kind: 'purse',
    chip,
    immutable: block,
    slots,
    slot,
    current,
    otherNonce: imageFields(slots[other]).nonce,
    isOtherWhole: open[other].kind === 'image' || open[other].kind === 'blank',
  };
}

/**
 * The keys were rolled and this box hasn't heard: the other slot may hold the guest's true balance, and writing over it
 * would look like a rollback. Key sets are numbered upwards, which tells it from what a torn write leaves behind.
 */
const isNewer = (unread: Image, current: Image) =>
  unread.counter === current.counter + 1 && unread.keySet > current.keySet;

const IMMUTABLE_DECLINES = {
  blank: 'chip-blank',
  format: 'chip-foreign',
  event: 'wrong-event',
  'key-set': 'key-set-unknown',
  unsealed: 'chip-forged',
} as const;
