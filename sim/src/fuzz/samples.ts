/** Valid bytes to start from: the published vectors, and what tests of the decoders use. */
import { readFileSync } from 'node:fs';
import { fromHex } from '@pulsera/firmware-protocol/bytes';

const VECTORS = new URL('../../../firmware-protocol/vectors/', import.meta.url);
const HEX = /^(?:[0-9a-f]{2})+$/;

/** Every hex text of a file of vectors that stands under one of these keys, as bytes. */
export function vectors(file: string, keys: readonly string[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'string' && keys.includes(key) && HEX.test(inner)) found.push(fromHex(inner));
      else look(inner);
    }
  };
  look(JSON.parse(readFileSync(new URL(file, VECTORS), 'utf8')));
  if (found.length === 0) throw new RangeError(`${file} has no ${keys.join(' or ')}`);
  return found;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

/** Samples behind one byte that chooses among decoders. */
export const chosen = (choice: number, sample: Uint8Array): Uint8Array =>
  Uint8Array.from([choice, ...sample]);
