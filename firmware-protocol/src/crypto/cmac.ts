/**
 * AES-CMAC (RFC 4493, NIST SP 800-38B) with a 128-bit key. Only AES itself comes from a library; the chaining is
 * here so that the key schedule and both subkeys are computed once per key and not on every tap, and so that the key
 * diversification of AN10922, which pads differently, stands on the same parts.
 */
import { unsafe } from '@noble/ciphers/aes.js';
import { Fault } from '../fault.ts';

export const BLOCK_BYTES = 16;
const MSB = 0x80;
/** The constant R_128 of RFC 4493 section 2.3: x^128 = x^7 + x^2 + x + 1. */
const REDUCTION = 0x87;

/** MAC of a message of any length, 16 bytes. A purse keeps its first eight. */
export type Mac = (message: Uint8Array) => Uint8Array;

/** One AES-128 key made ready: the block cipher with its schedule, and the two subkeys of RFC 4493 section 2.3. */
export interface CmacParts {
  /** Enciphers the block in place. The block must be an array of its own, not a view at an odd offset. */
  readonly encipher: (block: Uint8Array) => void;
  readonly k1: Uint8Array;
  readonly k2: Uint8Array;
}

/** @throws Fault `key-length-invalid` unless the key is 16 bytes. */
export function cmacParts(key: Uint8Array): CmacParts {
  if (key.length !== BLOCK_BYTES) {
    throw new Fault('key-length-invalid', 'Give an AES-128 key of exactly 16 bytes.', {
      detail: { length: key.length },
    });
  }
  const schedule = unsafe.expandKeyLE(key);
  const encipher = (block: Uint8Array): void => {
    unsafe.encryptBlock(schedule, block);
  };
  const zero = new Uint8Array(BLOCK_BYTES);
  encipher(zero);
  const k1 = doubled(zero);
  return { encipher, k1, k2: doubled(k1) };
}

/** Prepares a key once; the function returned computes one MAC (RFC 4493 section 2.4). */
export function cmacKey(key: Uint8Array): Mac {
  const { encipher, k1, k2 } = cmacParts(key);
  return message => {
    const state = new Uint8Array(BLOCK_BYTES);
    const lastStart = Math.max(0, Math.ceil(message.length / BLOCK_BYTES) - 1) * BLOCK_BYTES;
    for (let offset = 0; offset < lastStart; offset += BLOCK_BYTES) {
      xorInto(state, message, offset, BLOCK_BYTES);
      encipher(state);
    }
    const rest = message.length - lastStart;
    xorInto(state, message, lastStart, rest);
    if (rest < BLOCK_BYTES) state[rest] = (state[rest] ?? 0) ^ MSB;
    xorInto(state, rest < BLOCK_BYTES ? k2 : k1, 0, BLOCK_BYTES);
    encipher(state);
    return state;
  };
}

/** One MAC with a key that is used once. */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return cmacKey(key)(message);
}

export function xorInto(target: Uint8Array, source: Uint8Array, offset: number, length: number): void {
  for (let i = 0; i < length; i++) target[i] = (target[i] ?? 0) ^ (source[offset + i] ?? 0);
}

/** Multiplication by x in GF(2^128), as RFC 4493 section 2.3 does it: one bit to the left. */
function doubled(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK_BYTES);
  for (let i = 0; i < BLOCK_BYTES; i++) out[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >>> 7);
  if (((block[0] ?? 0) & MSB) !== 0) out[BLOCK_BYTES - 1] = (out[BLOCK_BYTES - 1] ?? 0) ^ REDUCTION;
  return out;
}
