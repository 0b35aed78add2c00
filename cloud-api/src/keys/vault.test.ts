import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testWorld } from '../../test/cloud.ts';
import { makeVault } from './vault.ts';

const { randomBytes } = testWorld();
const vault = makeVault(randomBytes(32), randomBytes);
const secret = randomBytes(16);
const PLACE = 'key-set/1/2/3/purse';

test('a sealed secret opens at its place, and is never sealed to the same bytes twice', () => {
  const sealed = vault.seal(secret, PLACE);
  expect(vault.open(sealed, PLACE)).toEqual(secret);
  expect(vault.seal(secret, PLACE)).not.toEqual(sealed);
});

test('with any bit changed, cut short, at another place or under another key it doesn’t open', () => {
  const sealed = vault.seal(secret, PLACE);
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(sealed, (byte, i) => (i === at ? byte ^ flip : byte));
      expect(() => vault.open(changed, PLACE)).toThrow(/master key/);
    }),
  );
  for (let length = 0; length < sealed.length; length++) {
    expect(() => vault.open(sealed.subarray(0, length), PLACE)).toThrow(/master key/);
  }
  expect(() => vault.open(sealed, 'key-set/1/2/4/purse')).toThrow(/master key/);
  expect(() => makeVault(randomBytes(32), randomBytes).open(sealed, PLACE)).toThrow(/master key/);
});
