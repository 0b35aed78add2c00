/**
 * A small seeded generator, so that a run with faults can be replayed from one number: xoshiro128** of Blackman and
 * Vigna, its 128 bits of state filled from the seed by SplitMix32. Good for simulations and of no use for secrets.
 */
export interface Random {
  /** 0 to 2^32 − 1. */
  u32(): number;
  /** A whole number from 0 up to but not including `limit`, without modulo bias. */
  below(limit: number): number;
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean;
  bytes(length: number): Uint8Array;
}

const RANGE = 2 ** 32;

/** @param seed Any whole number; its low 32 bits count. */
export function seededRandom(seed: number): Random {
  const state = spread(seed);

  function u32(): number {
    const [s0, s1, s2, s3] = state;
    const result = Math.imul(rotated(Math.imul(s1, 5), 7), 9) >>> 0;
    const t2 = s2 ^ s0;
    const t3 = s3 ^ s1;
    state[1] = s1 ^ t2;
    state[0] = s0 ^ t3;
    state[2] = t2 ^ (s1 << 9);
    state[3] = rotated(t3, 11);
    return result;
  }

  function below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > RANGE)
      throw new RangeError(`no whole number below ${limit}`);
    const fair = RANGE - (RANGE % limit);
    let drawn = u32();
    while (drawn >= fair) drawn = u32();
    return drawn % limit;
  }

  return {
    u32,
    below,
    chance: probability => u32() < probability * RANGE,
    bytes: length => Uint8Array.from({ length }, () => u32() >>> 24),
  };
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Four words of SplitMix32: never all zero, which xoshiro can't leave. */
function spread(seed: number): [number, number, number, number] {
  let counter = seed | 0;
  function next(): number {
    counter = (counter + 0x9e3779b9) | 0;
    let word = counter ^ (counter >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return word ^ (word >>> 15);
  }
  return [next(), next(), next(), next()];
}
