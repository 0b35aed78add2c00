/**
 * The 24 bytes that are written once, when a wristband is made: format u8, issuing key set u8, age class u8, generation u8 ·
 * event u32 · wallet 8 · MAC 8, big endian. They say whose chip this is before any money is looked at.
 */
import { concatBytes, equalBytes, fromHex, readUint, toHex, uintBytes } from '../bytes.ts';
import type { ChipUid, EventId, Generation, KeySetNumber, WalletId } from '../ids.ts';
import { MAC_BYTES, type PurseMac } from './image.ts';

export const IMMUTABLE_BYTES = 24;
const FIELD_BYTES = 16;
const FORMAT = 1;

export interface Immutable {
  readonly keySet: KeySetNumber;
  /** 0 unknown, else the age from which the wearer is checked to be, in years. */
  readonly ageClass: number;
  readonly generation: Generation;
  readonly event: EventId;
  readonly wallet: WalletId;
}

/** @throws RangeError when a field does not fit, or the key set is not held. */
export function sealImmutable(block: Immutable, uid: ChipUid, mac: PurseMac): Uint8Array {
  const fields = concatBytes(
    Uint8Array.of(FORMAT, block.keySet),
    uintBytes(block.ageClass, 1),
    uintBytes(block.generation, 1),
    uintBytes(block.event, 4),
    fromHex(block.wallet),
  );
  const tag = mac(block.keySet, concatBytes(fields, fromHex(uid)));
  if (!tag) throw new RangeError(`key set ${block.keySet} is not held`);
  return concatBytes(fields, tag.subarray(0, MAC_BYTES));
}

/** `format`: not ours, or newer than this program. `unsealed`: edited, or copied from another chip. */
export type OpenedImmutable =
  | { readonly kind: 'immutable'; readonly block: Immutable }
  | { readonly kind: 'blank' | 'format' | 'event' | 'key-set' | 'unsealed' };

export function openImmutable(
  bytes: Uint8Array,
  uid: ChipUid,
  event: EventId,
  mac: PurseMac,
): OpenedImmutable {
  if (bytes.length !== IMMUTABLE_BYTES) {
    throw new RangeError(`the immutable block has ${IMMUTABLE_BYTES} bytes, not ${bytes.length}`);
  }
  if (bytes.every(byte => byte === 0)) return { kind: 'blank' };
  if (bytes[0] !== FORMAT) return { kind: 'format' };
  const block: Immutable = {
    keySet: readUint(bytes, 1, 1) as KeySetNumber,
    ageClass: readUint(bytes, 2, 1),
    generation: readUint(bytes, 3, 1) as Generation,
    event: readUint(bytes, 4, 4) as EventId,
    wallet: toHex(bytes.subarray(8, 16)) as WalletId,
  };
  if (block.event !== event) return { kind: 'event' };
  const tag = mac(block.keySet, concatBytes(bytes.subarray(0, FIELD_BYTES), fromHex(uid)));
  if (!tag) return { kind: 'key-set' };
  const sealed = equalBytes(tag.subarray(0, MAC_BYTES), bytes.subarray(FIELD_BYTES)) && block.generation > 0;
  return sealed ? { kind: 'immutable', block } : { kind: 'unsealed' };
}
