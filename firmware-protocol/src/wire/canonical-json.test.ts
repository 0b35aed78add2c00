import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCanonical, encodeCanonical } from './canonical-json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const value = fc.letrec(tie => ({
  any: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map(n => n + 0),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;

test('every value comes back as it was, and writes the same bytes again', () => {
  fc.assert(
    fc.property(value, original => {
      const written = encodeCanonical(original);
      expect(decodeCanonical(written)).toEqual(original);
      expect(encodeCanonical(decodeCanonical(written))).toEqual(written);
    }),
  );
});

test('the order in which keys were set leaves no trace', () => {
  expect(encodeCanonical({ b: 1, a: [{ d: 2, c: 3 }] })).toEqual(
    encodeCanonical({ a: [{ c: 3, d: 2 }], b: 1 }),
  );
  expect(encodeCanonical({ b: 1, a: undefined })).toEqual(bytes('{"b":1}'));
});

test.each([
  ['white space', '{"a": 1}'],
  ['keys out of order', '{"b":1,"a":2}'],
  ['a key twice', '{"a":1,"a":2}'],
  ['a fraction', '[0.5]'],
  ['an exponent', '[1e2]'],
  ['an escape that needn’t be', '["\\u0061"]'],
  ['a byte order mark', '\ufeff[]'],
  ['no JSON', '{'],
])('%s is refused', (_, text) => {
  expect(() => decodeCanonical(bytes(text))).toThrow(/canonical/);
});

test('bytes that are not UTF-8 are refused', () => {
  expect(() => decodeCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(/canonical/);
});

test('values that JSON would bend are refused', () => {
  for (const bent of [0.1, Number.NaN, 2 ** 53, [undefined]])
    expect(() => encodeCanonical(bent)).toThrow(RangeError);
});
