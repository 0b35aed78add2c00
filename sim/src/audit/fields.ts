/**
 * Reads decoded CBOR field by field, in the order the documentation gives them. Every value is checked as it is taken, and
 * what doesn't fit says where it stood: an auditor that guesses proves nothing.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';

/** @throws Fault `archive-malformed` always */
export function malformed(where: string, what: string): never {
  throw new Fault(
    'archive-malformed',
    `Export the event again: ${what} in ${where}. If it stays so, the archive was changed.`,
    { detail: { where } },
  );
}

export class Fields {
  readonly #values: readonly unknown[];
  readonly #where: string;
  #next = 0;

  /** @throws Fault `archive-malformed` unless `value` is an array */
  constructor(value: unknown, where: string) {
    this.#where = where;
    this.#values = Array.isArray(value) ? value : malformed(where, 'something else than an array');
  }

  /** A safe integer of at least `min`. */
  int(min = Number.MIN_SAFE_INTEGER): number {
    const value = this.#take();
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value;
    return this.#fail('a number that does not fit');
  }

  uint(): number {
    return this.int(0);
  }

  text(): string {
    const value = this.#take();
    return typeof value === 'string' ? value : this.#fail('no text');
  }

  /** @param length exactly so many bytes; any number when left out */
  bytes(length?: number): Uint8Array {
    const value = this.#take();
    if (value instanceof Uint8Array && (length === undefined || value.length === length)) return value;
    return this.#fail('no bytes of the right length');
  }

  hex(length: number): string {
    return Buffer.from(this.bytes(length)).toString('hex');
  }

  /** One of a few words, by its number. */
  word<const W extends string>(words: readonly W[]): W {
    return words[this.uint()] ?? this.#fail('an unknown word');
  }

  nullable<T>(read: (fields: this) => T): T | null {
    if (this.#values[this.#next] !== null) return read(this);
    this.#next++;
    return null;
  }

  record(): Fields {
    const where = `${this.#where}, field ${this.#next + 1}`;
    return new Fields(this.#take(), where);
  }

  list<T>(read: (item: Fields) => T): T[] {
    const where = `${this.#where}, field ${this.#next + 1}`;
    const items = this.#take();
    if (!Array.isArray(items)) malformed(where, 'no list');
    return items.map((item: unknown, i) => read(new Fields(item, `${where}, item ${i + 1}`)));
  }

  byteStrings(): Uint8Array[] {
    const items = this.#take();
    if (!Array.isArray(items)) return this.#fail('no list');
    return items.map((item: unknown) => (item instanceof Uint8Array ? item : this.#fail('no bytes')));
  }

  /** Passes over fields that nobody asks for. */
  drop(count: number): void {
    for (let i = 0; i < count; i++) this.#take();
  }

  get left(): number {
    return this.#values.length - this.#next;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left !== 0) this.#fail('a field too many');
  }

  #take(): unknown {
    if (this.left <= 0) this.#fail('a field too few');
    return this.#values[this.#next++];
  }

  #fail(what: string): never {
    return malformed(`${this.#where}, field ${this.#next}`, what);
  }
}
