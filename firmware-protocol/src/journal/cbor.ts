/**
 * The part of CBOR the journal is written in: deterministic encoding of integers, byte and text strings, arrays, maps' heads,
 * tags, booleans and null (RFC 8949, section 4.2.1: shortest form, definite lengths). The reader accepts nothing else, so
 * that equal values have equal bytes and a hash over them means something.
 */
import { hexOf, putHex, uuidOf } from '../bytes.ts';
import { Fault } from '../fault.ts';

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
/** What needs one, two, four and eight bytes behind its initial byte, and would fit in no less. */
const LEAST = [24, 0x100, 0x1_0000, 0x1_0000_0000];

/**
 * Texts met before, by a hash of their bytes. A journal says the same few names over and over (products, stands, tills): finding
 * one takes a third of the time that making it does, and leaves nothing for the garbage collector.
 */
const TEXTS = Array.from({ length: 4096 }, () => '');
const LONGEST_KEPT = 40;
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class CborWriter {
  #bytes = new Uint8Array(512);
  #length = 0;

  /** A copy of what was written so far. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** How many bytes were written so far. */
  get length(): number {
    return this.#length;
  }

  /** Starts over in the same memory. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  /** @throws RangeError unless `value` is a safe integer. */
  int(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`);
    if (value >= 0) this.#head(UINT, value);
    else this.#head(NEGATIVE, -1 - value);
  }

  bytes(value: Uint8Array): void {
    this.#head(BYTES, value.length);
    this.raw(value);
  }

  /** Hex text as a byte string, without the array that `bytes` would take. @throws Fault `hex-invalid` */
  hex(value: string): void {
    this.#head(BYTES, value.length >> 1);
    this.#room(value.length >> 1);
    this.#length = putHex(value, this.#bytes, this.#length);
  }

  text(value: string): void {
    // Almost all text is a short name in ASCII, for which the encoder's overhead is most of its time.
    const start = this.#length;
    this.#head(TEXT, value.length);
    this.#room(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = start;
        this.#unicode(value);
        return;
      }
      this.#bytes[this.#length++] = code;
    }
  }

  #unicode(value: string): void {
    const encoded = utf8.encode(value);
    this.#head(TEXT, encoded.length);
    this.raw(encoded);
  }

  array(length: number): void {
    this.#head(ARRAY, length);
  }

  /** The pairs follow, keys in bytewise order of their encoding (RFC 8949, section 4.2.1): the caller's duty. */
  map(pairs: number): void {
    this.#head(MAP, pairs);
  }

  tag(number: number): void {
    this.#head(TAG, number);
  }

  bool(value: boolean): void {
    this.#byte(value ? TRUE : FALSE);
  }

  null(): void {
    this.#byte(NULL);
  }

  /** Bytes that are already CBOR. */
  raw(encoded: Uint8Array): void {
    this.#room(encoded.length);
    this.#bytes.set(encoded, this.#length);
    this.#length += encoded.length;
  }

  #head(major: number, argument: number): void {
    this.#room(9);
    const type = major << 5;
    if (argument < 24) this.#byte(type | argument);
    else if (argument < 0x100) this.#big(type | 24, argument, 1);
    else if (argument < 0x1_0000) this.#big(type | 25, argument, 2);
    else if (argument < 0x1_0000_0000) this.#big(type | 26, argument, 4);
    else this.#big(type | 27, argument, 8);
  }

  #big(initial: number, argument: number, length: number): void {
    this.#byte(initial);
    for (let at = this.#length + length - 1, rest = argument; at >= this.#length; at--) {
      this.#bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += length;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

export class CborReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  /** @throws Fault `cbor-malformed` always, with the offset at which the bytes stop making sense. */
  fail(what: string, offset = this.#offset): never {
    throw new Fault(
      'cbor-malformed',
      `These bytes are not what the format says: ${what} at offset ${offset}.`,
      {
        detail: { offset },
      },
    );
  }

  int(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number {
    const start = this.#offset;
    const major = this.#peek() >> 5;
    if (major !== UINT && major !== NEGATIVE) this.fail('an integer was expected');
    const argument = this.#head(major);
    const value = major === UINT ? argument : -1 - argument;
    if (value < min || value > max) this.fail(`${value} is not between ${min} and ${max}`, start);
    return value;
  }

  /** A view, not a copy. */
  bytes(min: number, max = min): Uint8Array {
    const start = this.#offset;
    const length = this.#head(BYTES);
    if (length < min || length > max) this.fail(`a byte string of ${length} bytes`, start);
    return this.#take(length);
  }

  text(maxBytes: number): string {
    const start = this.#offset;
    const length = this.#head(TEXT);
    if (length > maxBytes) this.fail(`a text of ${length} bytes`, start);
    const from = this.#skip(length);
    let hash = length;
    let all = 0;
    for (let i = from; i < this.#offset; i++) {
      const byte = this.#bytes[i] ?? 0;
      all |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (all > 0x7f) return this.#unicode(this.#bytes.subarray(from, from + length), start);
    if (length > LONGEST_KEPT) return fromUtf8.decode(this.#bytes.subarray(from, from + length));
    const kept = TEXTS[hash & (TEXTS.length - 1)] ?? '';
    if (this.#stands(kept, from, length)) return kept;
    const text = fromUtf8.decode(this.#bytes.subarray(from, from + length));
    TEXTS[hash & (TEXTS.length - 1)] = text;
    return text;
  }

  /** A byte string of exactly `length` bytes as lower-case hex, without the view that `bytes` would make for it. */
  hex(length: number): string {
    const from = this.#exactly(length);
    return hexOf(this.#bytes, from, from + length);
  }

  /** A byte string of 16 bytes as the text of a UUID. */
  uuid(): string {
    return uuidOf(this.#bytes, this.#exactly(16));
  }

  /** A byte string of exactly `length` bytes, copied. */
  copy(length: number): Uint8Array {
    const from = this.#exactly(length);
    const copy = new Uint8Array(length);
    for (let i = 0; i < length; i++) copy[i] = this.#bytes[from + i] ?? 0;
    return copy;
  }

  array(min: number, max = min): number {
    const start = this.#offset;
    const length = this.#head(ARRAY);
    if (length < min || length > max) this.fail(`an array of ${length}`, start);
    return length;
  }

  map(pairs: number): void {
    const start = this.#offset;
    if (this.#head(MAP) !== pairs) this.fail(`a map that has not ${pairs} pairs`, start);
  }

  tag(number: number): void {
    const start = this.#offset;
    if (this.#head(TAG) !== number) this.fail(`a tag that is not ${number}`, start);
  }

  bool(): boolean {
    const byte = this.#peek();
    if (byte !== TRUE && byte !== FALSE) this.fail('true or false was expected');
    this.#offset++;
    return byte === TRUE;
  }

  /** Takes a null if one stands here. */
  null(): boolean {
    if (this.#peek() !== NULL) return false;
    this.#offset++;
    return true;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#offset !== this.#bytes.length) this.fail('bytes after the end');
  }

  #unicode(encoded: Uint8Array, start: number): string {
    try {
      return fromUtf8.decode(encoded);
    } catch {
      return this.fail('text that is not UTF-8', start);
    }
  }

  #peek(): number {
    return this.#bytes[this.#offset] ?? this.fail('the end of the bytes');
  }

  #head(expectedMajor: number): number {
    const start = this.#offset;
    const initial = this.#peek();
    if (initial >> 5 !== expectedMajor) this.fail(`major type ${initial >> 5} instead of ${expectedMajor}`);
    this.#offset++;
    const info = initial & 31;
    if (info < 24) return info;
    if (info > 27) this.fail('an indefinite or reserved length', start);
    const length = 1 << (info - 24);
    if (this.#offset + length > this.#bytes.length) this.fail('the end of the bytes', this.#bytes.length);
    let argument = 0;
    for (let i = 0; i < length; i++) argument = argument * 256 + (this.#bytes[this.#offset++] ?? 0);
    if (argument < (LEAST[info - 24] ?? 0)) this.fail('a number that is not in its shortest form', start);
    if (!Number.isSafeInteger(argument)) this.fail('a number beyond 2^53', start);
    return argument;
  }

  /** A byte string of exactly `length` bytes. @returns where they begin */
  #exactly(length: number): number {
    const start = this.#offset;
    const found = this.#head(BYTES);
    if (found !== length) this.fail(`a byte string of ${found} bytes`, start);
    return this.#skip(length);
  }

  #take(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.subarray(from, this.#offset);
  }

  /** @returns where the skipped bytes begin */
  #skip(length: number): number {
    const from = this.#offset;
    if (from + length > this.#bytes.length) this.fail('the end of the bytes', this.#bytes.length);
    this.#offset = from + length;
    return from;
  }

  #stands(text: string, from: number, length: number): boolean {
    if (text.length !== length) return false;
    for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== this.#bytes[from + i]) return false;
    return true;
  }
}
