/** The guests' wristbands: blank virtual chips, personalised with the keys of a box of the event. */
import { boxFiles } from '@pulsera/edge-node/box-files';
import { openCredentials } from '@pulsera/edge-node/credentials';
import { keySetFrom } from '@pulsera/edge-node/tap/keys';
import { readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import type { KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import type { EventId, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { personaliseWristband, type Wristband } from '@pulsera/firmware-protocol/wristband';
import type { Guest } from './guest.ts';
import { world } from './world.ts';

export interface EncodingKeys {
  readonly event: EventId;
  readonly keySet: KeySet;
}

const FIRST = 1 as Generation;

/** Out of the vault of an enrolled box. */
export function encodingKeys(dataDir: string): EncodingKeys {
  const { enrolment } = openCredentials(boxFiles(dataDir).vault, null, world.random);
  const [keySet] = enrolment.keySets.map(keySetFrom);
  if (!keySet) throw new RangeError('an enrolled box holds a key set');
  return { event: enrolment.eventId, keySet };
}

/** Blank virtual chips, made wristbands with the keys of an enrolled box. Nobody waits for the air here. */
export async function makeGuests(
  count: number,
  seed: number,
  { event, keySet }: EncodingKeys,
): Promise<{ guest: Guest; wristband: Wristband }[]> {
  const uids = seededRandom(seed);
  const made: { guest: Guest; wristband: Wristband }[] = [];
  const reader = new VirtualReader({ name: 'encoder', clock: jumpingClock() });
  for (let number = 1; number <= count; number++) {
    const chip = new VirtualChip(`04${toHex(uids.bytes(6))}`);
    await reader.present(chip);
    const wallet = toHex(world.random(8)) as WalletId;
    const nonce = readUint(world.random(2), 0, 2);
    const order = { event, keySet, wallet, generation: FIRST, ageClass: 18, nonce };
    const result = await personaliseWristband(reader, order);
    await reader.remove(chip);
    if (result.kind !== 'made') throw new Error(`a new wristband came out as ${result.kind}`);
    made.push({
      guest: {
        number,
        wallet,
        chip,
        seenMinor: 0,
        onlineMinor: 0,
        isBusy: false,
        lastSale: undefined,
        mustVisit: undefined,
      },
      wristband: result.wristband,
    });
  }
  await reader.close();
  return made;
}
