/**
 * The hash chain. An entry's canonical bytes are the CBOR array [hash of the one before, content]; its hash is SHA-256 over
 * them. Only contents are stored and sent, since whoever holds a chain's start can work out every hash.
 */
import { concatBytes, uintBytes } from '../bytes.ts';
import type { BoxId, Epoch, EventId } from '../ids.ts';

export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Array of two, then a byte string of 32. */
const BEFORE_HASH = Uint8Array.of(0x82, 0x58, 0x20);

/** What stands before entry 1, different for each journal, so that no entry can be moved to another. */
export function genesis(event: EventId, box: BoxId, epoch: Epoch, sha256: Sha256): Uint8Array {
  const label = new TextEncoder().encode('pulsera/journal');
  return sha256(concatBytes(label, uintBytes(event, 4), uintBytes(box, 2), uintBytes(epoch, 4)));
}

/** @param before the hash of the entry before, 32 bytes. @param content as `encodeEntry` gave it. */
export function entryHash(before: Uint8Array, content: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concatBytes(BEFORE_HASH, before, content));
}
