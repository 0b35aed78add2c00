import { type DecodeOptions, decode, encode } from 'cborg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import { CborReader, CborWriter } from './cbor.ts';

/** What the journal's CBOR can say. */
type Value = number | string | boolean | null | Uint8Array | readonly Value[];

const STRICT: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
};
const value: fc.Arbitrary<Value> = fc.letrec<{ any: Value }>(tie => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.integer({ min: -70_000, max: 70_000 }),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('any'), { maxLength: 30 }),
  ),
})).any;

function write(out: CborWriter, item: Value): void {
  if (item === null) out.null();
  else if (typeof item === 'number') out.int(item);
  else if (typeof item === 'boolean') out.bool(item);
  else if (typeof item === 'string') out.text(item);
  else if (item instanceof Uint8Array) out.bytes(item);
  else {
    out.array(item.length);
    for (const member of item) write(out, member);
  }
}

function written(item: Value): Uint8Array {
  const out = new CborWriter();
  write(out, item);
  return out.done();
}

/** Reads whatever stands there, by its major type. */
function read(input: CborReader, bytes: Uint8Array): Value {
  const initial = bytes[input.offset] ?? 0xff;
  switch (initial >> 5) {
    case 2:
      return input.bytes(0, 1_000).slice();
    case 3:
      return input.text(4_000);
    case 4:
      return Array.from({ length: input.array(0, 1_000) }, () => read(input, bytes));
    case 7:
      return input.null() ? null : input.bool();
    default:
      return input.int();
  }
}

function readAll(bytes: Uint8Array): Value {
  const input = new CborReader(bytes);
  const item = read(input, bytes);
  input.end();
  return item;
}

const malformedAt = (offset: number) =>
  expect.objectContaining({ code: 'cbor-malformed', detail: { offset } });

test('another implementation writes the same bytes, and reads what we write', () => {
  fc.assert(
    fc.property(value, item => {
      const bytes = written(item);
      expect(toHex(bytes)).toBe(toHex(encode(item)));
      expect(decode(bytes, STRICT)).toEqual(item);
      expect(readAll(bytes)).toEqual(item);
    }),
  );
});

test('what is read has only one spelling: bytes that are accepted are written again as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), bytes => {
      let item: Value;
      try {
        item = readAll(bytes);
      } catch {
        return;
      }
      expect(toHex(written(item))).toBe(toHex(bytes));
    }),
    { numRuns: 3_000 },
  );
});

test('random bytes are rejected wherever a strict reader rejects them', () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (item, at, flip) => {
      const bytes = written(item);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ flip;
      let theirs: unknown;
      try {
        theirs = decode(bytes, STRICT);
      } catch {
        expect(() => readAll(bytes)).toThrow(expect.objectContaining({ code: 'cbor-malformed' }));
        return;
      }
      // Floats, tags and maps are CBOR, but none of ours; texts that aren't UTF-8 pass there.
      try {
        expect(readAll(bytes)).toEqual(theirs);
      } catch (error) {
        expect(error).toMatchObject({ code: 'cbor-malformed' });
      }
    }),
    { numRuns: 1_000 },
  );
});

test('every cut is noticed, at the end of the bytes', () => {
  fc.assert(
    fc.property(value, fc.nat(), (item, at) => {
      const bytes = written(item);
      const length = at % bytes.length;
      expect(() => readAll(bytes.subarray(0, length))).toThrow(malformedAt(length));
    }),
  );
});

test.each([
  ['a number in two bytes that needs one', '1817', 0],
  ['a number in three bytes that needs two', '1900ff', 0],
  ['a number in five bytes that needs three', '1a0000ffff', 0],
  ['a number in nine bytes that needs five', '1b00000000ffffffff', 0],
  ['a negative number in its long form', '3800', 0],
  ['a number of 2^53', '1b0020000000000000', 0],
  ['a number of 2^64 - 1', '1bffffffffffffffff', 0],
  ['a negative number of -2^53', '3b001fffffffffffff', 0],
  ['a number with a reserved length', '1c', 0],
  ['an indefinite byte string', '5f4100ff', 0],
  ['an indefinite text', '7f6161ff', 0],
  ['an indefinite array', '9f00ff', 0],
  ['an array that claims 2^32 members', '9b0000000100000000', 0],
  ['a byte string that claims 2^52 bytes', '5b0010000000000000', 0],
  ['a text that claims 4 GB', '7affffffff', 0],
  ['a length in its long form', '580161', 0],
  ['a half float', 'f90000', 0],
  ['undefined', 'f7', 0],
  ['true in two bytes', 'f815', 0],
  ['a break alone', 'ff', 0],
  ['a text that is no UTF-8', '61ff', 0],
  ['a text with a surrogate', '63eda080', 0],
  ['a text in a longer spelling', '62c080', 0],
  ['a bad member', '83010218171823', 3],
  ['a byte too many', '0000', 1],
  ['nothing at all', '', 0],
])('%s is rejected at its offset', (_, hex, offset) => {
  expect(() => readAll(fromHex(hex))).toThrow(malformedAt(offset));
});

test('a byte order mark is part of the text', () => {
  expect(readAll(written('\ufeffa'))).toBe('\ufeffa');
});

test('what lies outside the expected bounds is rejected where it starts', () => {
  const bytes = written([300, 'four', new Uint8Array(3)]);
  const at1 = () => {
    const input = new CborReader(bytes);
    input.array(3);
    return input;
  };
  const at2 = () => {
    const input = at1();
    input.int();
    return input;
  };
  const at3 = () => {
    const input = at2();
    input.text(4);
    return input;
  };
  expect(() => at1().int(0, 255)).toThrow(malformedAt(1));
  expect(() => at1().int(301)).toThrow(malformedAt(1));
  expect(() => at2().text(3)).toThrow(malformedAt(4));
  expect(() => at3().bytes(4)).toThrow(malformedAt(9));
  expect(() => at3().bytes(0, 2)).toThrow(malformedAt(9));
  expect(() => new CborReader(bytes).array(2)).toThrow(malformedAt(0));
  expect(() => new CborReader(bytes).map(3)).toThrow(malformedAt(0));
  expect(() => new CborReader(bytes).tag(18)).toThrow(malformedAt(0));
  expect(() => new CborReader(fromHex('a101')).map(2)).toThrow(malformedAt(0));
  expect(() => new CborReader(fromHex('d1')).tag(18)).toThrow(malformedAt(0));
});

test.each([0.5, Number.NaN, 2 ** 53, -(2 ** 53)])('the number %d cannot be written', number => {
  expect(() => new CborWriter().int(number)).toThrow(RangeError);
});

test('a writer starts over in the same memory, and what it handed out stays as it was', () => {
  const out = new CborWriter();
  out.bytes(new Uint8Array(5_000).fill(7));
  const first = out.done();
  const before = first.slice();
  out.reset().bytes(new Uint8Array(5_000).fill(9));
  expect(first).toEqual(before);
  expect(decode(out.done(), STRICT)).toEqual(new Uint8Array(5_000).fill(9));
});

test('texts come back as they were written, however often and in whatever company', () => {
  // 20,000 different names are far more than are kept, so that each place is taken over many times.
  const names = Array.from({ length: 20_000 }, (_, i) => `stand-${(i * 7919) % 20_000}`);
  for (const name of [...names, ...names.toReversed()]) {
    const out = new CborWriter();
    out.text(name);
    expect(new CborReader(out.done()).text(40)).toBe(name);
  }
});

test('hex is read and written as the byte string it stands for, of the length asked for', () => {
  const out = new CborWriter();
  out.hex('00ff10');
  expect(toHex(out.done())).toBe('4300ff10');
  expect(new CborReader(out.done()).hex(3)).toBe('00ff10');
  expect(() => new CborReader(out.done()).hex(4)).toThrow(
    expect.objectContaining({ code: 'cbor-malformed' }),
  );
  expect(() => new CborReader(out.done().subarray(0, 3)).hex(3)).toThrow(
    expect.objectContaining({ code: 'cbor-malformed' }),
  );
});

test('a copy stays what it was when the bytes it came from are used again', () => {
  const message = fromHex('43010203');
  const copy = new CborReader(message).copy(3);
  message.fill(0xee);
  expect(toHex(copy)).toBe('010203');
  expect(() => new CborReader(fromHex('43010203')).copy(2)).toThrow(
    expect.objectContaining({ code: 'cbor-malformed' }),
  );
});
