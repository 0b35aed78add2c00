/**
 * AES-128 key diversification of NXP's application note AN10922, section 2.2: one master key gives every chip a key
 * of its own, so that a key won from one chip says nothing about the next. It is CMAC with one difference: the input
 * is always padded to two blocks, so a short input isn't the CMAC of the same bytes.
 */
import { Fault } from '../fault.ts';
import { BLOCK_BYTES, type CmacParts, cmacParts, xorInto } from './cmac.ts';

/** The diversification constant of AES-128, first byte of the input (AN10922 table 1). */
const AES128_CONSTANT = 0x01;
const PADDED_BYTES = 2 * BLOCK_BYTES;
export const MAX_INPUT_BYTES = PADDED_BYTES - 1;

/**
 * The key for one chip and one use.
 * @param masterKey 16 bytes that nobody changes once they are in use.
 * @param input 1 to 31 bytes, starting with the UID as AN10922 recommends; see `keyset.ts` for ours.
 * @returns 16 bytes.
 * @throws Fault `key-length-invalid`, `diversification-input-invalid`.
 */
export function diversify(masterKey: Uint8Array, input: Uint8Array): Uint8Array {
  if (input.length < 1 || input.length > MAX_INPUT_BYTES) {
    throw new Fault('diversification-input-invalid', 'Give 1 to 31 bytes of diversification input.', {
      detail: { length: input.length },
    });
  }
  const { encipher, k1, k2 } = partsOf(masterKey);
  const padded = new Uint8Array(PADDED_BYTES);
  padded[0] = AES128_CONSTANT;
  padded.set(input, 1);
  const isFull = input.length === MAX_INPUT_BYTES;
  if (!isFull) padded[1 + input.length] = 0x80;

  const state = padded.slice(0, BLOCK_BYTES);
  encipher(state);
  xorInto(state, padded, BLOCK_BYTES, BLOCK_BYTES);
  xorInto(state, isFull ? k1 : k2, 0, BLOCK_BYTES);
  encipher(state);
  return state;
}

/** Master keys are few and used for every chip: each is made ready once, and forgotten with its array. */
const PREPARED = new WeakMap<Uint8Array, CmacParts>();

function partsOf(masterKey: Uint8Array): CmacParts {
  const parts = PREPARED.get(masterKey) ?? cmacParts(masterKey);
  PREPARED.set(masterKey, parts);
  return parts;
}
