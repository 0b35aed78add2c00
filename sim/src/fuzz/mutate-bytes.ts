/** Changes that know nothing of what the bytes mean. */
import { concatBytes } from '@pulsera/firmware-protocol/bytes';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';

export const EXTREMES = [
  0,
  1,
  23,
  24,
  127,
  128,
  255,
  256,
  0x7fff,
  0x8000,
  0xffff,
  0x1_0000,
  0xff_ffff,
  0x100_0000,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_ffff,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 64 - 2048,
] as const;

export function pick<T>(from: readonly T[], random: Random): T | undefined {
  return from.length === 0 ? undefined : from[random.below(from.length)];
}

/** @param other another input, to borrow from. @param words encoded texts that mean something */
export function mutateBytes(
  input: Uint8Array,
  other: Uint8Array,
  words: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  const at = random.below(input.length + 1);
  const to = Math.min(input.length, at + 1 + random.below(1 + random.below(64)));
  const [before, cut, after] = [input.subarray(0, at), input.subarray(at, to), input.subarray(to)];
  switch (random.below(8)) {
    case 0: {
      const flipped = input.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case 1: {
      const set = input.slice();
      set[at] = random.below(256);
      return set;
    }
    case 2:
      return concatBytes(before, after);
    case 3:
      return concatBytes(before, cut, cut, after);
    case 4: {
      const from = random.below(other.length + 1);
      return concatBytes(
        before,
        other.subarray(from, from + 1 + random.below(64)),
        random.chance(0.5) ? cut : after,
      );
    }
    case 5:
      return concatBytes(before, pick(words, random) ?? random.bytes(4), after);
    case 6:
      return concatBytes(before, extreme(random), random.chance(0.5) ? cut : new Uint8Array(0), after);
    default:
      return random.chance(0.5) ? before : concatBytes(before, random.bytes(1 + random.below(16)), after);
  }
}

function extreme(random: Random): Uint8Array {
  const width = 1 << random.below(4);
  let value = BigInt(pick(EXTREMES, random) ?? 0);
  const bytes = new Uint8Array(width);
  for (let i = width - 1; i >= 0; i--, value >>= 8n) bytes[i] = Number(value & 255n);
  return bytes;
}
