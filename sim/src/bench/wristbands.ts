/** Virtual wristbands with money on them: made as the protocol makes them, then filled past any top-up. */

import { ChipKeys } from '@pulsera/edge-node/tap/keys';
import { readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import type { KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import type { ChipUid, EventId, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import { MAX_MINOR, sealImage } from '@pulsera/firmware-protocol/purse/image';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { personaliseWristband, type Wristband } from '@pulsera/firmware-protocol/wristband';

export interface FullWristband {
  readonly chip: VirtualChip;
  readonly wristband: Wristband;
}

const FIRST = 1 as Generation;
/** User memory begins at page 4, slot 0 behind the immutable block's 24 bytes. */
const SLOT_0_BYTES = 4 * 4 + 24;

/** @param random decides UIDs, wallets and nonces */
export async function fullWristbands(
  count: number,
  event: EventId,
  keySet: KeySet,
  random: Random,
): Promise<FullWristband[]> {
  const reader = new VirtualReader({ name: 'encoder', clock: jumpingClock() });
  const keys = new ChipKeys(event, [keySet]);
  const made: FullWristband[] = [];
  for (let i = 0; i < count; i++) {
    const chip = new VirtualChip(`04${toHex(random.bytes(6))}`);
    await reader.present(chip);
    const wallet = toHex(random.bytes(8)) as WalletId;
    const nonce = readUint(random.bytes(2), 0, 2);
    const order = { event, keySet, wallet, generation: FIRST, ageClass: 18, nonce };
    const result = await personaliseWristband(reader, order);
    await reader.remove(chip);
    if (result.kind !== 'made') throw new Error(`a new wristband came out as ${result.kind}`);
    const image = {
      counter: 0,
      nonce,
      balanceMinor: MAX_MINOR,
      bonusMinor: 0,
      keySet: keySet.number,
      creditNumber: 0,
    };
    const uid = chip.uid as ChipUid;
    const full = sealImage(image, { uid, wallet, generation: FIRST }, keys.of(uid).mac);
    const held = chip.image();
    held.memory.set(full, SLOT_0_BYTES);
    chip.restore(held);
    made.push({ chip, wristband: { ...result.wristband, rootImage: toHex(full) } });
  }
  await reader.close();
  return made;
}

/** A chip a line, for another process. */
export function writeChips(wristbands: readonly FullWristband[]): string {
  return wristbands
    .map(({ chip }) => `${chip.uid} ${Buffer.from(chip.image().memory).toString('base64')}`)
    .join('\n');
}

export function readChips(text: string, from: number, to: number): VirtualChip[] {
  return text
    .split('\n')
    .slice(from, to)
    .map(line => {
      const [uid = '', memory = ''] = line.split(' ');
      const chip = new VirtualChip(uid);
      chip.restore({
        memory: new Uint8Array(Buffer.from(memory, 'base64')),
        nfcCounter: 0,
        failedPasswords: 0,
      });
      return chip;
    });
}
