/** A decoder whose mistake lies behind four bytes: nobody guesses them at once, and whoever is led by what code ran finds one after the other. */
export function decode(input: Uint8Array): boolean {
  if (input[0] !== 0x50) return false;
  if (input[1] !== 0x55) return false;
  if (input[2] !== 0x4c) return false;
  if (input[3] !== 0x53) return false;
  throw new TypeError('planted');
}
