/** Changes to JSON, value by value. What can be said canonically (RFC 8785) mostly is, since signed JSON must be. */

import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { encodeCanonical } from '@pulsera/firmware-protocol/wire/canonical-json';
import { EXTREMES, pick } from './mutate-bytes.ts';
import { attempt } from './target.ts';

const ODD_TEXTS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\ud800',
  'é',
  '\ufeff',
  'https://',
  '\u2028',
  'a'.repeat(300),
];
const ODD_VALUES: readonly unknown[] = [null, true, false, 0, -0, -1, 0.5, 1e300, [], {}, [[]], ''];
const MAX_NEST = 2000;

type Holder = Record<string | number, unknown>;

/** Undefined when `input` isn't JSON. */
export function mutateJson(
  input: Uint8Array,
  other: Uint8Array,
  words: readonly string[],
  random: Random,
): Uint8Array | undefined {
  const value = parse(input);
  if (value === undefined) return undefined;
  const root: Holder = { value };
  const places = placesOf(root);
  const place = pick(places, random);
  if (place === undefined) return undefined;
  const donors = placesOf({ value: parse(other) });
  if (random.chance(0.02)) return nested(root, place, random);
  change(place, places, donors, words, random);
  return spelled(root.value, random);
}

interface Place {
  readonly holder: Holder;
  readonly key: string | number;
}

function placesOf(holder: Holder): Place[] {
  const places: Place[] = [];
  const queue: Holder[] = [holder];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const key of Object.keys(next)) {
      places.push({ holder: next, key });
      const inner = next[key];
      if (typeof inner === 'object' && inner !== null) queue.push(inner as Holder);
    }
  }
  return places;
}

function change(
  { holder, key }: Place,
  places: readonly Place[],
  donors: readonly Place[],
  words: readonly string[],
  random: Random,
): void {
  const put = (at: string | number, value: unknown) =>
    Object.defineProperty(holder, at, { value, enumerable: true, configurable: true, writable: true });
  const text = () => pick([...words, ...ODD_TEXTS], random) ?? '';
  const value = holder[key];
  switch (random.below(8)) {
    case 0:
      put(key, structuredClone(pick(ODD_VALUES, random)));
      return;
    case 1:
      put(key, (pick(EXTREMES, random) ?? 0) * (random.chance(0.2) ? -1 : 1));
      return;
    case 2:
      put(key, text());
      return;
    case 3:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      return;
    case 4:
      if (Array.isArray(holder)) holder.push(structuredClone(value));
      else put(text(), structuredClone(value));
      return;
    case 5: {
      const donor = pick([...places, ...donors], random);
      if (donor !== undefined) put(key, structuredClone(donor.holder[donor.key]));
      return;
    }
    case 6:
      if (typeof value === 'number') put(key, value + random.below(3) - 1);
      else if (typeof value === 'string') put(key, edited(value, text(), random));
      else put(key, [structuredClone(value)]);
      return;
    default:
      if (!Array.isArray(holder)) {
        delete holder[key];
        put(text(), value);
      }
  }
}

function edited(text: string, word: string, random: Random): string {
  const at = random.below(text.length + 1);
  const inserted = random.chance(0.5)
    ? word
    : String.fromCharCode(random.below(random.chance(0.8) ? 128 : 0x1_0000));
  return text.slice(0, at) + inserted + text.slice(at + random.below(3));
}

/** Written as text: a value of that depth can't be walked. */
function nested(root: Holder, { holder, key }: Place, random: Random): Uint8Array {
  holder[key] = '@@';
  const depth = 1 + random.below(MAX_NEST);
  const [open, close] = random.chance(0.5) ? ['[', ']'] : ['{"a":', '}'];
  const deep = `${open.repeat(depth)}0${close.repeat(depth)}`;
  return new TextEncoder().encode((JSON.stringify(root.value) ?? '0').replace('"@@"', deep));
}

function spelled(value: unknown, random: Random): Uint8Array {
  const canonical = random.chance(0.9) ? attempt([RangeError], () => encodeCanonical(value)) : undefined;
  return canonical ?? new TextEncoder().encode(JSON.stringify(value) ?? 'null');
}

function parse(input: Uint8Array): unknown {
  return attempt([Error], () => JSON.parse(new TextDecoder().decode(input)) as unknown);
}
