/** The guests: their wristbands lie in this process, so that a box dies and the chips don't. */
import { ChipKeys, keySetFrom } from '@pulsera/edge-node/tap/keys';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { openSlot, SLOT_BYTES } from '@pulsera/firmware-protocol/purse/image';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { enrolOnPaper } from '../bench/paper-event.ts';
import { type FullWristband, fullWristbands } from '../bench/wristbands.ts';

/** Behind 4 pages of the maker's and 24 bytes of ours: docs/wire.md. */
const SLOT_0 = 4 * 4 + 24;

export interface ChipState {
  readonly uid: string;
  /** Hex of the image it was made with. */
  readonly root: string;
  /** Hex of the newest image that is sealed; undefined when neither is. */
  readonly current: string | undefined;
}

export class Crowd {
  readonly #wristbands: readonly FullWristband[];
  readonly #keys: ChipKeys;
  readonly #random: Random;
  readonly #free: FullWristband[];

  private constructor(wristbands: readonly FullWristband[], keys: ChipKeys, random: Random) {
    this.#wristbands = wristbands;
    this.#keys = keys;
    this.#random = random;
    this.#free = [...wristbands];
  }

  static async of(
    count: number,
    { eventId, keySets }: ReturnType<typeof enrolOnPaper>,
    random: Random,
  ): Promise<Crowd> {
    const sets = keySets.map(keySetFrom);
    const [first] = sets;
    if (first === undefined) throw new RangeError('an event without keys');
    return new Crowd(
      await fullWristbands(count, eventId, first, random),
      new ChipKeys(eventId, sets),
      random,
    );
  }

  /** One of those who stand at no till. */
  next(): VirtualChip {
    const [one] = this.#free.splice(this.#random.below(this.#free.length), 1);
    if (one === undefined) throw new RangeError('more tills than guests');
    return one.chip;
  }

  leaves(chip: VirtualChip): void {
    this.#free.push(...this.#wristbands.filter(one => one.chip === chip));
  }

  chips(): readonly ChipState[] {
    return this.#wristbands.map(one => ({
      uid: one.chip.uid,
      root: one.wristband.rootImage,
      current: this.#current(one),
    }));
  }

  /** Hex of the newest sealed image on a wristband; undefined when there is none. */
  currentOf(chip: VirtualChip): string | undefined {
    const one = this.#wristbands.find(held => held.chip === chip);
    return one && this.#current(one);
  }

  #current({ chip, wristband }: FullWristband): string | undefined {
    const { memory } = chip.image();
    const { uid, wallet, generation } = wristband;
    const { mac } = this.#keys.of(uid);
    const sealed = ([0, 1] as const).flatMap(index => {
      const from = SLOT_0 + index * SLOT_BYTES;
      const slot = memory.slice(from, from + SLOT_BYTES);
      const opened = openSlot(slot, index, { uid, wallet, generation }, mac);
      return opened.kind === 'image' ? [{ counter: opened.image.counter, hex: toHex(slot) }] : [];
    });
    return sealed.toSorted((a, b) => b.counter - a.counter)[0]?.hex;
  }
}
