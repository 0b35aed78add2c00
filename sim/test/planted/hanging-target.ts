import type { Target } from '../../src/fuzz/target.ts';

/** Never done with what begins with a seven. */
export const target: Target = {
  shape: 'bytes',
  seeds: [Uint8Array.of(1), Uint8Array.of(7, 8)],
  run: input => {
    for (let left = input[0] === 7 ? Number.POSITIVE_INFINITY : 1; left > 0; left--);
    return true;
  },
};
