/** The shortest input found that still shows the same mistake: pieces are left out, then bytes are made plain, as long as it helps. */

import { concatBytes } from '@pulsera/firmware-protocol/bytes';

/** @param isSame tries an input; called at most `tries` times */
export async function minimise(
  input: Uint8Array,
  isSame: (input: Uint8Array) => Promise<boolean>,
  tries = 2000,
): Promise<Uint8Array> {
  let least = input;
  let left = tries;
  const isStill = async (candidate: Uint8Array): Promise<boolean> => {
    if (left <= 0) return false;
    left -= 1;
    if (!(await isSame(candidate))) return false;
    least = candidate;
    return true;
  };
  for (let piece = input.length >> 1; piece > 0 && left > 0; piece >>= 1) {
    for (let at = 0; at < least.length && left > 0; ) {
      const without = concatBytes(least.subarray(0, at), least.subarray(at + piece));
      if (!(await isStill(without))) at += piece;
    }
  }
  for (let at = 0; at < least.length && left > 0; at++) {
    if (least[at] === 0) continue;
    const plain = least.slice();
    plain[at] = 0;
    await isStill(plain);
  }
  return least;
}
