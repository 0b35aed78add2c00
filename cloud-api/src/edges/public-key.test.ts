import { generateKeyPairSync } from 'node:crypto';
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { expect, test } from 'vitest';
import { assertEd25519Key, assertX25519Key } from './public-key.ts';

const raw = (key: { export(options: { format: 'der'; type: 'spki' }): Buffer }) =>
  new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-32));

test('keys as boxes make them are accepted', () => {
  for (let i = 0; i < 20; i++) {
    expect(() => assertEd25519Key(raw(generateKeyPairSync('ed25519').publicKey))).not.toThrow();
    expect(() => assertX25519Key(raw(generateKeyPairSync('x25519').publicKey))).not.toThrow();
  }
});

/** The eight points of small order, and other spellings of them that lax libraries accept (y + p, −0). */
test.each([
  ['order 1', '0100000000000000000000000000000000000000000000000000000000000000'],
  ['order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['order 4, negative', '0000000000000000000000000000000000000000000000000000000000000080'],
  ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['order 8, negative', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['order 8, the other', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['order 8, the other, negative', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
  ['order 1 with a sign', '0100000000000000000000000000000000000000000000000000000000000080'],
  ['order 4 as p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['order 1 as p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['no point at all', '0200000000000000000000000000000000000000000000000000000000000000'],
  ['all ones', 'ff'.repeat(32)],
])('an Ed25519 key of %s is refused', (_, key) => {
  expect(() => assertEd25519Key(fromHex(key))).toThrow(/Make a new key pair/);
});

/** RFC 7748's warning: these u-coordinates make every shared secret zero, or spell a number twice. */
test.each([
  ['zero', '00'.repeat(32)],
  ['one', `01${'00'.repeat(31)}`],
  ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
  ['the other of order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
  ['p − 1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['9 with the unused bit set', `09${'00'.repeat(30)}80`],
])('an X25519 key of %s is refused', (_, key) => {
  expect(() => assertX25519Key(fromHex(key))).toThrow(/Make a new key pair/);
});
