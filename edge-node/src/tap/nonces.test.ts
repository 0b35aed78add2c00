import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { expect, it } from 'vitest';
import { nonces } from './nonces.ts';

it('every two random bytes are one nonce, in the order drawn, and no byte serves twice', () => {
  const drawn: number[] = [];
  const random = seededRandom(1);
  const nonce = nonces(length => {
    const bytes = random.bytes(length);
    drawn.push(...bytes);
    return bytes;
  });
  const got = Array.from({ length: 300 }, nonce);
  expect(got).toEqual(got.map((_, i) => 256 * (drawn[2 * i] ?? 0) + (drawn[2 * i + 1] ?? 0)));
});
