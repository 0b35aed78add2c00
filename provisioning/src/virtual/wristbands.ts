/** Virtual wristbands in this process, for whoever holds the keys already: the demo and the simulator. */
import { readUint, toHex } from '@pulsera/firmware-protocol/bytes';
import type { KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import { type EventId, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { personaliseWristband, type Wristband } from '@pulsera/firmware-protocol/wristband';

export interface VirtualOrder {
  readonly event: EventId;
  readonly keySet: KeySet;
  /** Fresh bytes, seeded in a simulation. */
  readonly random: (length: number) => Uint8Array;
  /** 0, not checked, when left out. */
  readonly ageClass?: number;
}

export interface VirtualWristband {
  readonly chip: VirtualChip;
  /** To be reported before it is used. */
  readonly wristband: Wristband;
}

/** A blank NTAG213. 04: NXP, the manufacturer. Among a million, two with the same six random bytes are rarer than one in 500. */
export function blankChip(random: VirtualOrder['random']): VirtualChip {
  return new VirtualChip(`04${toHex(random(6))}`);
}

/** Through the driver, page by page, as real ones are made; in virtual time. */
export async function makeVirtualWristbands(
  count: number,
  { event, keySet, random, ageClass = 0 }: VirtualOrder,
): Promise<VirtualWristband[]> {
  const reader = new VirtualReader({ name: 'virtual', clock: jumpingClock() });
  const made: VirtualWristband[] = [];
  while (made.length < count) {
    const chip = blankChip(random);
    await reader.present(chip);
    const outcome = await personaliseWristband(reader, {
      event,
      keySet,
      ageClass,
      generation: Generation.parse(1),
      wallet: WalletId.parse(toHex(random(8))),
      nonce: readUint(random(2), 0, 2),
    });
    await reader.remove();
    if (outcome.kind !== 'made') throw new RangeError(`a blank virtual chip can't be ${outcome.kind}`);
    made.push({ chip, wristband: outcome.wristband });
  }
  return made;
}
