/** Virtual wristbands with money on them: made as the protocol makes them, then filled past any top-up. */

import { ChipKeys } from '@pulsera/edge-node/tap/keys';
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import type { KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import type { EventId } from '@pulsera/firmware-protocol/ids';
import { imageFields, MAX_MINOR, sealImage } from '@pulsera/firmware-protocol/purse/image';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';
import { makeVirtualWristband } from '../demo/virtual-wristband.ts';

export interface FullWristband {
  readonly chip: VirtualChip;
  readonly wristband: Wristband;
}

/** User memory begins at page 4, slot 0 behind the immutable block's 24 bytes. */
const SLOT_0_BYTES = 4 * 4 + 24;

/** @param random decides UIDs, wallets and nonces */
export async function fullWristbands(
  count: number,
  event: EventId,
  keySet: KeySet,
  random: Random,
): Promise<FullWristband[]> {
  const keys = new ChipKeys(event, [keySet]);
  const made: FullWristband[] = [];
  for (let i = 0; i < count; i++) {
    const { chip, wristband } = await makeVirtualWristband(
      `04${toHex(random.bytes(6))}`,
      { event, keySet },
      length => random.bytes(length),
    );
    const { uid, wallet, generation, rootImage } = wristband;
    const image = { ...imageFields(fromHex(rootImage)), balanceMinor: MAX_MINOR };
    const full = sealImage(image, { uid, wallet, generation }, keys.of(uid).mac);
    const held = chip.image();
    held.memory.set(full, SLOT_0_BYTES);
    chip.restore(held);
    made.push({ chip, wristband: { ...wristband, rootImage: toHex(full) } });
  }
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
