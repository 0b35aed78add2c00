/** The guests, each with a wristband, wandering between the tills of both boxes. */

import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';
import { type EncodingKeys, makeVirtualWristband } from '../demo/virtual-wristband.ts';

export interface Guest {
  readonly name: string;
  readonly wristband: Wristband;
  readonly chip: VirtualChip;
  /** As the last green screen said. */
  heldMinor: number;
  /** Paid online and, as far as the guest knows, not on the wristband yet. */
  onlineMinor: number;
  /** The last round that turned green. */
  lastSale: string | undefined;
  /**
   * The last tap was interrupted. Such a guest holds the wristband still next time: torn at two boxes one after the other both its slots
   * would be, the one way in which an honest wristband dies (docs/threat-model.md).
   */
  isWary: boolean;
}

/** @param random decides UIDs, wallets and nonces */
export async function makeCrowd(
  count: number,
  keys: EncodingKeys,
  random: Random,
): Promise<readonly Guest[]> {
  const guests: Guest[] = [];
  for (let number = 1; number <= count; number++) {
    const uid = `04${toHex(random.bytes(6))}`;
    const made = await makeVirtualWristband(uid, keys, length => random.bytes(length));
    const money = { heldMinor: 0, onlineMinor: 0, lastSale: undefined, isWary: false };
    guests.push({ name: `guest-${number}`, ...made, ...money });
  }
  return guests;
}

export class Crowd {
  readonly guests: readonly Guest[];
  readonly #free: Guest[];
  readonly #random: Random;

  constructor(guests: readonly Guest[], random: Random) {
    this.guests = guests;
    this.#free = [...guests];
    this.#random = random;
  }

  /** Anybody who stands at no till; that one alone can be held to that. */
  take(): Guest | undefined {
    const [guest] = this.#free.splice(this.#random.below(Math.max(1, this.#free.length)), 1);
    return guest;
  }

  leaves(guest: Guest): void {
    this.#free.push(guest);
  }
}
