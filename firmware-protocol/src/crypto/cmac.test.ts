import { cmac as nobleCmac } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../vectors/cmac.json' with { type: 'json' };
import { fromHex, toHex } from '../bytes.ts';
import { aesCmac, cmacKey, cmacParts } from './cmac.ts';

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('AES-CMAC', () => {
  it('derives the subkeys of RFC 4493', () => {
    const { k1, k2 } = cmacParts(fromHex(vectors.key));
    expect({ k1: toHex(k1), k2: toHex(k2) }).toEqual(vectors.subkeys);
  });

  it.each(vectors.examples)('computes RFC 4493 $name', ({ message, mac }) => {
    expect(toHex(aesCmac(fromHex(vectors.key), fromHex(message)))).toBe(mac);
  });

  it('agrees with another implementation on any key and message', () => {
    fc.assert(
      fc.property(bytes16, fc.uint8Array({ maxLength: 70 }), (key, message) => {
        expect(aesCmac(key, message)).toEqual(nobleCmac(message, key));
      }),
    );
  });

  it('gives the same MAC again from a prepared key, whatever came between, and changes no input', () => {
    const mac = cmacKey(fromHex(vectors.key));
    const message = fromHex(vectors.examples[2]?.message ?? '');
    const first = mac(message);
    mac(new Uint8Array(64));
    expect(mac(message)).toEqual(first);
    expect(toHex(message)).toBe(vectors.examples[2]?.message);
  });

  it('reads a message that lies anywhere in a larger buffer', () => {
    const whole = fromHex(`ff${vectors.examples[1]?.message}`);
    expect(toHex(aesCmac(fromHex(vectors.key), whole.subarray(1)))).toBe(vectors.examples[1]?.mac);
  });

  it.each([0, 15, 17, 24, 32])('refuses a key of %i bytes', length => {
    expect(() => cmacKey(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'key-length-invalid' }),
    );
  });
});
