/** Purse MACs for tests: a few key sets, each chip with a key of its own. */
import { aesCmac } from '../src/crypto/cmac.ts';
import { chipPurseKey } from '../src/crypto/keyset.ts';
import type { ChipUid, EventId, KeySetNumber } from '../src/ids.ts';
import type { PurseMac } from '../src/purse/image.ts';

export const EVENT = 7 as EventId;

/** @param held key sets of this box; set n's master key is 16 times the byte n. */
export function purseMac(uid: ChipUid, held: readonly number[] = [1, 2], event = EVENT): PurseMac {
  return (keySet: KeySetNumber, message) =>
    held.includes(keySet)
      ? aesCmac(chipPurseKey(new Uint8Array(16).fill(keySet), uid, event), message)
      : undefined;
}
