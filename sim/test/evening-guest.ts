/** A guest of the random evening: a wristband, those that it replaced, and the purse as the screens told it. */
import { type Image, imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';

/** Bytes of user memory before the slots: pages 0–3 and the immutable block. */
const SLOTS_AT = 16 + 24;

export interface Guest {
  readonly n: number;
  chip: VirtualChip;
  /** Replaced, and still around. */
  readonly replaced: VirtualChip[];
  /** What is owed, by what the screens said. */
  owedMinor: number;
}

export const hasChip = ({ chip, replaced }: Guest, uid: string | undefined): boolean =>
  [chip, ...replaced].some(of => of.uid === uid);

export function slotsOf(chip: VirtualChip): readonly [Uint8Array, Uint8Array] {
  const { memory } = chip.image();
  return [memory.slice(SLOTS_AT, SLOTS_AT + 20), memory.slice(SLOTS_AT + 20, SLOTS_AT + 40)];
}

/** The purse of a chip whose last write went well. */
export function currentOf(chip: VirtualChip): Image {
  const [even, odd] = slotsOf(chip);
  const [a, b] = [imageFields(even), imageFields(odd)];
  return a.counter > b.counter ? a : b;
}
