/**
 * A purse image: the 20 bytes of one slot, and what they say. Layout, big endian:
 * counter u16, nonce u16 · balance u24, key set u8 · bonus u24, credit number u8 · MAC 8. See docs/wire.md.
 *
 * The MAC is AES-CMAC (RFC 4493) cut to its first 8 bytes, over the 12 bytes before it, UID, wallet and generation,
 * with the purse key of the named key set diversified for this chip: an image copied to another chip is worth nothing.
 */
import { concatBytes, equalBytes, fromHex, readUint, uintBytes } from '../bytes.ts';
import type { ChipUid, Generation, KeySetNumber, WalletId } from '../ids.ts';

export const SLOT_BYTES = 20;
const FIELD_BYTES = 12;
export const MAC_BYTES = 8;
/** What u24 and u16 hold; rules decline before a write would pass them. */
export const MAX_MINOR = 0xff_ff_ff;
export const MAX_COUNTER = 0xffff;
export const MAX_CREDIT_NUMBER = 0xff;

export interface Image {
  /** Grows by one with each write; its parity is the slot. */
  readonly counter: number;
  /** Random, so that two writes from one image never make the same one. */
  readonly nonce: number;
  readonly balanceMinor: number;
  readonly bonusMinor: number;
  /** Which key set sealed it. */
  readonly keySet: KeySetNumber;
  /** Online credits up to this number are loaded. */
  readonly creditNumber: number;
}

/** What a MAC is bound to beside the image. */
export interface ChipIdentity {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation: Generation;
}

/** AES-CMAC with this chip's purse key of a key set: 16 bytes; undefined for a key set this box doesn't hold. */
export type PurseMac = (keySet: KeySetNumber, message: Uint8Array) => Uint8Array | undefined;

/** @throws RangeError when a field doesn't fit or the key set is not held: the rules were not asked. */
export function sealImage(image: Image, chip: ChipIdentity, mac: PurseMac): Uint8Array {
  const fields = concatBytes(
    uintBytes(image.counter, 2),
    uintBytes(image.nonce, 2),
    uintBytes(image.balanceMinor, 3),
    uintBytes(image.keySet, 1),
    uintBytes(image.bonusMinor, 3),
    uintBytes(image.creditNumber, 1),
  );
  const tag = mac(image.keySet, macInput(fields, chip));
  if (!tag) throw new RangeError(`key set ${image.keySet} is not held`);
  return concatBytes(fields, tag.subarray(0, MAC_BYTES));
}

/** The fields of a slot, whether its MAC holds or not. */
export function imageFields(slot: Uint8Array): Image {
  return {
    counter: readUint(slot, 0, 2),
    nonce: readUint(slot, 2, 2),
    balanceMinor: readUint(slot, 4, 3),
    keySet: readUint(slot, 7, 1) as KeySetNumber,
    bonusMinor: readUint(slot, 8, 3),
    creditNumber: readUint(slot, 11, 1),
  };
}

/** `unsealed`: blank, torn or edited. `key-set`: sealed by one that isn't held here. */
export type OpenedSlot =
  | { readonly kind: 'image'; readonly image: Image }
  | { readonly kind: 'blank' | 'unsealed' | 'key-set' };

/** @param index the slot's place: an image in the slot of the other parity was moved there, and isn't one. */
export function openSlot(slot: Uint8Array, index: 0 | 1, chip: ChipIdentity, mac: PurseMac): OpenedSlot {
  if (slot.length !== SLOT_BYTES) throw new RangeError(`a slot has ${SLOT_BYTES} bytes, not ${slot.length}`);
  if (slot.every(byte => byte === 0)) return { kind: 'blank' };
  const image = imageFields(slot);
  const tag = mac(image.keySet, macInput(slot.subarray(0, FIELD_BYTES), chip));
  if (!tag) return { kind: 'key-set' };
  const sealed = equalBytes(tag.subarray(0, MAC_BYTES), slot.subarray(FIELD_BYTES));
  return sealed && image.counter % 2 === index ? { kind: 'image', image } : { kind: 'unsealed' };
}

function macInput(fields: Uint8Array, { uid, wallet, generation }: ChipIdentity): Uint8Array {
  return concatBytes(fields, fromHex(uid), fromHex(wallet), uintBytes(generation, 1));
}
