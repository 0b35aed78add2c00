/** A blank virtual chip made a wristband, with the keys of a box of the event. Nobody waits for the air here. */
import { boxFiles } from '@pulsera/edge-node/box-files';
import { openCredentials } from '@pulsera/edge-node/credentials';
import { keySetFrom } from '@pulsera/edge-node/tap/keys';
import { readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import type { KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import type { EventId, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { personaliseWristband, type Wristband } from '@pulsera/firmware-protocol/wristband';
import { world } from './world.ts';

export interface EncodingKeys {
  readonly event: EventId;
  readonly keySet: KeySet;
}

const FIRST = 1 as Generation;
const AGE_CLASS = 18;

/** Out of the vault of an enrolled box. */
export function encodingKeys(dataDir: string): EncodingKeys {
  const { enrolment } = openCredentials(boxFiles(dataDir).vault, null, world.random);
  const [keySet] = enrolment.keySets.map(keySetFrom);
  if (!keySet) throw new RangeError('an enrolled box holds a key set');
  return { event: enrolment.eventId, keySet };
}

/** @param random bytes for its wallet and its first image */
export async function makeVirtualWristband(
  uid: string,
  keys: EncodingKeys,
  random: (length: number) => Uint8Array,
): Promise<{ readonly chip: VirtualChip; readonly wristband: Wristband }> {
  const chip = new VirtualChip(uid);
  const reader = new VirtualReader({ name: 'encoder', clock: jumpingClock() });
  await reader.present(chip);
  const wallet = toHex(random(8)) as WalletId;
  const nonce = readUint(random(2), 0, 2);
  const order = { ...keys, wallet, generation: FIRST, ageClass: AGE_CLASS, nonce };
  const result = await personaliseWristband(reader, order);
  await reader.remove(chip);
  if (result.kind !== 'made') throw new Error(`a new wristband came out as ${result.kind}`);
  return { chip, wristband: result.wristband };
}
