/** Nonces for images, drawn many at a time: the system takes as long for two random bytes as for two hundred. */
import { readUint } from '@pulsera/firmware-protocol/bytes';

const AT_ONCE = 128;

/** @param random draws that many bytes. @returns gives a fresh random u16 each time */
export function nonces(random: (length: number) => Uint8Array): () => number {
  let drawn: Uint8Array = new Uint8Array();
  let at = 0;
  return () => {
    if (at === drawn.length) {
      drawn = random(2 * AT_ONCE);
      at = 0;
    }
    at += 2;
    return readUint(drawn, at - 2, 2);
  };
}
