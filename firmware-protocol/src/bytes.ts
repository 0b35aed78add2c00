/** Byte strings as hex text and back, joined and compared. Uint8Array only: this runs in browsers too. */
import { Fault } from './fault.ts';

const INVALID = 0x80;
/** Value of each hex digit by its character code. */
const DIGITS = new Uint8Array(128).fill(INVALID);
for (const digits of ['0123456789abcdef', '0123456789ABCDEF']) {
  for (let value = 0; value < 16; value++) DIGITS[digits.charCodeAt(value)] = value;
}
/** Character code of each hex digit by its value. */
const CODES = Uint8Array.from('0123456789abcdef', digit => digit.charCodeAt(0));
/** Bytes whose digits make one call's arguments: each stands on the stack. */
const MAX_AT_ONCE = 64;
/** The arguments, kept for the next call of the same length: what is read most is short, and read without end. */
const ARGUMENTS = Array.from({ length: MAX_AT_ONCE + 1 }, (_, length) =>
  new Array<number>(2 * length).fill(0),
);

export function toHex(bytes: Uint8Array): string {
  return hexOf(bytes, 0, bytes.length);
}

/** Of the bytes from `from` up to `to`. */
export function hexOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let start = from; start < to; start += MAX_AT_ONCE) {
    text += digits(bytes, start, Math.min(start + MAX_AT_ONCE, to));
  }
  return text;
}

/** All at once: text that is put together digit by digit costs twice as much, and again when it is first compared. */
function digits(bytes: Uint8Array, from: number, to: number): string {
  const codes = ARGUMENTS[to - from] ?? [];
  for (let i = from, at = 0; i < to; i++) {
    const byte = bytes[i] ?? 0;
    codes[at++] = CODES[byte >> 4] ?? 0;
    codes[at++] = CODES[byte & 15] ?? 0;
  }
  return String.fromCharCode.apply(null, codes);
}

const UUID_BYTES = 16;
const HYPHEN = 0x2d;
const UUID_ARGUMENTS = new Array<number>(36).fill(HYPHEN);
/** Where each byte's two digits stand in the text: 8-4-4-4-12. */
const UUID_PLACES = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);

/** The 16 bytes from `from` on as a UUID's text (RFC 9562, section 4), in lower case. */
export function uuidOf(bytes: Uint8Array, from: number): string {
  for (let i = 0; i < UUID_BYTES; i++) {
    const byte = bytes[from + i] ?? 0;
    const place = UUID_PLACES[i] ?? 0;
    UUID_ARGUMENTS[place] = CODES[byte >> 4] ?? 0;
    UUID_ARGUMENTS[place + 1] = CODES[byte & 15] ?? 0;
  }
  return String.fromCharCode.apply(null, UUID_ARGUMENTS);
}

/** @throws Fault `hex-invalid` unless the text is pairs of hex digits. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  putHex(text, bytes, 0);
  return bytes;
}

/** Writes the bytes of hex text from `at` on. @returns where they end. @throws Fault `hex-invalid` */
export function putHex(text: string, bytes: Uint8Array, at: number): number {
  // Every chip state and every entry passes here: a table, and one check for all digits at the end.
  let invalid = text.length & 1;
  const length = text.length >> 1;
  for (let i = 0; i < length; i++) {
    const high = DIGITS[text.charCodeAt(2 * i)] ?? INVALID;
    const low = DIGITS[text.charCodeAt(2 * i + 1)] ?? INVALID;
    invalid |= (high | low) & INVALID;
    bytes[at + i] = high * 16 + low;
  }
  if (invalid !== 0) {
    throw new Fault('hex-invalid', 'Give an even number of hex digits and nothing else.', {
      detail: { length: text.length },
    });
  }
  return at + length;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  // No early exit: MACs are compared with this too, and time must not say how much of one was right.
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** An unsigned integer as `length` big-endian bytes. @throws RangeError when it doesn't fit. */
export function uintBytes(value: number, length: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** length) {
    throw new RangeError(`${value} does not fit in ${length} unsigned bytes`);
  }
  const bytes = new Uint8Array(length);
  for (let i = length - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** An unsigned big-endian integer of `length` bytes. @throws RangeError when they are not all there. */
export function readUint(bytes: Uint8Array, offset: number, length: number): number {
  if (offset + length > bytes.length)
    throw new RangeError(`no ${length} bytes at ${offset} of ${bytes.length}`);
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[offset + i] ?? 0);
  return value;
}
