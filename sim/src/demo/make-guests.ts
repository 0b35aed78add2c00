/** The guests and their wristbands. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';
import type { Guest } from './guest.ts';
import { type EncodingKeys, makeVirtualWristband } from './virtual-wristband.ts';
import { world } from './world.ts';

/** @param seed decides the wristbands' UIDs */
export async function makeGuests(
  count: number,
  seed: number,
  keys: EncodingKeys,
): Promise<{ guest: Guest; wristband: Wristband }[]> {
  const uids = seededRandom(seed);
  const made: { guest: Guest; wristband: Wristband }[] = [];
  for (let number = 1; number <= count; number++) {
    const { chip, wristband } = await makeVirtualWristband(`04${toHex(uids.bytes(6))}`, keys, world.random);
    const guest: Guest = {
      number,
      wallet: wristband.wallet,
      chip,
      seenMinor: 0,
      onlineMinor: 0,
      isBusy: false,
      lastSale: undefined,
      mustVisit: undefined,
    };
    made.push({ guest, wristband });
  }
  return made;
}
