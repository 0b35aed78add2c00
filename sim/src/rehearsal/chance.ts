/**
 * Chance by name: every purpose draws from a stream of its own, made from the seed and its name, so that one more draw in one place
 * leaves all others as they were, and a run can be made shorter without becoming another.
 */
import { createHash } from 'node:crypto';
import { type Random, seededRandom } from '@pulsera/firmware-protocol/virtual/random';

export class Chance {
  readonly seed: number;
  readonly #streams = new Map<string, Random>();

  constructor(seed: number) {
    this.seed = seed;
  }

  /** The same stream each time, so that it goes on where it stood. */
  of(name: string): Random {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(`${this.seed}/${name}`).digest();
    const made = seededRandom(digest.readUInt32BE());
    this.#streams.set(name, made);
    return made;
  }

  uuid(name: string): string {
    return uuid(this.of(name));
  }
}

/** A version 4 UUID (RFC 9562, section 5.4). */
export function uuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-');
}

/** Between the two, as likely at any place. */
export const between = (random: Random, [least, most]: readonly [number, number]): number =>
  least + ((most - least) * random.u32()) / 2 ** 32;

/** @throws RangeError for an empty list */
export function anyOf<T>(random: Random, of: readonly T[]): T {
  return of[random.below(of.length)] as T;
}
