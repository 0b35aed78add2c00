import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, equalBytes, fromHex, readUint, toHex, uintBytes, uuidOf } from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 64 });

test('bytes come back from their hex text, which is lower case', () => {
  fc.assert(
    fc.property(bytes, value => {
      expect(fromHex(toHex(value))).toEqual(value);
      expect(fromHex(toHex(value).toUpperCase())).toEqual(value);
      expect(toHex(value)).toMatch(/^[0-9a-f]*$/);
    }),
  );
});

test('a UUID has its digits in five groups, from wherever it stands', () => {
  fc.assert(
    fc.property(fc.uuid(), bytes, (uuid, before) => {
      expect(uuidOf(concatBytes(before, fromHex(uuid.replaceAll('-', '')), before), before.length)).toBe(
        uuid,
      );
    }),
  );
});

test.each(['0', '0g', ' 00', '00\n', '0x00', '００'])('"%s" is no hex', text => {
  expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'hex-invalid' }));
});

test('a long hex text is read without running out of stack', () => {
  expect(fromHex('ab'.repeat(1_000_000)).length).toBe(1_000_000);
});

test('a long byte string has its digits in order', () => {
  const long = Uint8Array.from({ length: 200_001 }, (_, i) => (i * 7 + (i >> 8)) % 256);
  expect(toHex(long)).toBe(Array.from(long, byte => byte.toString(16).padStart(2, '0')).join(''));
});

test('integers come back from their big-endian bytes wherever they stand', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.maxSafeInteger(), bytes, (length, seed, before) => {
      const value = Math.abs(seed) % 256 ** length;
      expect(readUint(concatBytes(before, uintBytes(value, length)), before.length, length)).toBe(value);
    }),
  );
  expect(toHex(uintBytes(0x0102, 3))).toBe('000102');
});

test.each([-1, 256, 0.5, Number.NaN])('%d does not fit in one byte', value => {
  expect(() => uintBytes(value, 1)).toThrow(RangeError);
});

test('an integer beyond the end of the bytes is refused, not read as zeros', () => {
  expect(() => readUint(new Uint8Array(3), 2, 2)).toThrow(RangeError);
});

test('equal means every byte and the length', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b));
      expect(equalBytes(a, a.slice())).toBe(true);
    }),
  );
});
