import { cmac as nobleCmac } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../vectors/an10922.json' with { type: 'json' };
import { concatBytes, fromHex, toHex } from '../bytes.ts';
import { diversify } from './an10922.ts';
import { cmacParts } from './cmac.ts';

const { published } = vectors;
const key = fc.uint8Array({ minLength: 16, maxLength: 16 });

function cmacOfConstantAnd(masterKey: Uint8Array, input: Uint8Array): Uint8Array {
  return nobleCmac(concatBytes(Uint8Array.of(1), input), masterKey);
}

describe('AN10922 key diversification', () => {
  it('derives the subkeys and the key of the published AES-128 example', () => {
    const masterKey = fromHex(published.masterKey);
    const { k1, k2 } = cmacParts(masterKey);
    expect({ k1: toHex(k1), k2: toHex(k2) }).toEqual(published.subkeys);
    const input = fromHex(published.uid + published.aid + published.systemIdentifier);
    expect(toHex(diversify(masterKey, input))).toBe(published.diversifiedKey);
  });

  it('is the CMAC of 01 and the input when that fills more than one block, up to the full two', () => {
    fc.assert(
      fc.property(key, fc.uint8Array({ minLength: 16, maxLength: 31 }), (masterKey, input) => {
        expect(diversify(masterKey, input)).toEqual(cmacOfConstantAnd(masterKey, input));
      }),
    );
  });

  it('pads a short input to two blocks, which CMAC would not', () => {
    fc.assert(
      fc.property(key, fc.uint8Array({ minLength: 1, maxLength: 15 }), (masterKey, input) => {
        expect(diversify(masterKey, input)).not.toEqual(cmacOfConstantAnd(masterKey, input));
      }),
    );
  });

  it.each([0, 32])('refuses an input of %i bytes', length => {
    expect(() => diversify(new Uint8Array(16), new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'diversification-input-invalid' }),
    );
  });
});
