/** The next input: one of the corpus, changed a few times in ways that fit its shape. */
import { concatBytes } from '@pulsera/firmware-protocol/bytes';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { mutateBytes, pick } from './mutate-bytes.ts';
import { mutateCbor } from './mutate-cbor.ts';
import { mutateJson } from './mutate-json.ts';
import type { Target } from './target.ts';

export const INPUT_MAX_BYTES = 16_384;
/** Of changes that could have known the shape, how many don't care: what is no CBOR at all has to be refused too. */
const BLIND = 0.25;

export function nextInput(
  target: Pick<Target, 'shape' | 'from' | 'words'>,
  corpus: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  const empty = new Uint8Array(0);
  let input = pick(corpus, random) ?? empty;
  const rounds = 1 + random.below(1 + random.below(6));
  for (let i = 0; i < rounds; i++) input = changed(target, input, pick(corpus, random) ?? empty, random);
  return input.length > INPUT_MAX_BYTES ? input.slice(0, INPUT_MAX_BYTES) : input;
}

function changed(
  { shape, from = 0, words = [] }: Pick<Target, 'shape' | 'from' | 'words'>,
  input: Uint8Array,
  other: Uint8Array,
  random: Random,
): Uint8Array {
  const encoded = words.map(word => new TextEncoder().encode(word));
  if (shape === 'bytes' || random.chance(BLIND)) return mutateBytes(input, other, encoded, random);
  const [before, inner, borrowed] = [input.subarray(0, from), input.subarray(from), other.subarray(from)];
  const shaped =
    shape === 'cbor'
      ? mutateCbor(inner, borrowed, encoded, random)
      : mutateJson(inner, borrowed, words, random);
  return shaped === undefined ? mutateBytes(input, other, encoded, random) : concatBytes(before, shaped);
}
