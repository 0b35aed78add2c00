import { type DecodeOptions, decode } from 'cborg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BODIES, entry, entryOfKind, KINDS } from '../../test/arbitrary-entry.ts';
import { toHex } from '../bytes.ts';
import type { Seq } from '../ids.ts';
import type { Posting } from '../money/posting.ts';
import { CborWriter } from './cbor.ts';
import { bookedAtOnce, decodeEntry, type Entry, encodeEntry } from './entry.ts';

const STRICT: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: false,
};
const malformedAt = (offset: number) =>
  expect.objectContaining({ code: 'cbor-malformed', detail: { offset } });
const sampleOf = (kind: (typeof KINDS)[number]) => {
  const [sample] = fc.sample(entryOfKind(kind), { numRuns: 1, seed: 1 });
  if (!sample) throw new Error('no sample');
  return sample;
};

test.each(KINDS)('a %s comes back as it was written, and is plain CBOR to others', kind => {
  fc.assert(
    fc.property(entryOfKind(kind), original => {
      const content = encodeEntry(original);
      expect(decodeEntry(content)).toEqual(original);
      const [version, number, seq, wallMs, monoMs, boot, body] = decode(content, STRICT);
      expect({ version, seq, wallMs, monoMs, boot }).toEqual({
        version: 1,
        seq: original.seq,
        wallMs: original.wallMs,
        monoMs: original.monoMs,
        boot: original.boot,
      });
      expect(number).toBeGreaterThan(0);
      expect(body).toHaveLength(Object.keys(original.body).length);
    }),
  );
});

test('a writer that is used again leaves nothing of the entry before', () => {
  const out = new CborWriter();
  fc.assert(
    fc.property(entry, entry, (one, two) => {
      encodeEntry(one, out);
      expect(encodeEntry(two, out)).toEqual(encodeEntry(two));
    }),
  );
});

test('a flipped bit is rejected, or makes another entry with exactly those bytes', () => {
  fc.assert(
    fc.property(entry, fc.nat(), (original, at) => {
      const content = encodeEntry(original);
      const bit = at % (8 * content.length);
      content[bit >> 3] = (content[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let other: Entry;
      try {
        other = decodeEntry(content);
      } catch (error) {
        expect(error).toMatchObject({ code: 'cbor-malformed' });
        return;
      }
      expect(other).not.toEqual(original);
      expect(toHex(encodeEntry(other))).toBe(toHex(content));
    }),
    { numRuns: 2_000 },
  );
});

test('every cut is rejected at its end, and every byte too many where it stands', () => {
  fc.assert(
    fc.property(entry, fc.nat(), (original, at) => {
      const content = encodeEntry(original);
      const length = at % content.length;
      expect(() => decodeEntry(content.subarray(0, length))).toThrow(malformedAt(length));
      expect(() => decodeEntry(Uint8Array.of(...content, 0))).toThrow(malformedAt(content.length));
    }),
  );
});

test('an unknown version is rejected at the version, an unknown kind at the kind', () => {
  const content = encodeEntry(sampleOf('settlement'));
  const version = content.slice();
  version[1] = 2;
  expect(() => decodeEntry(version)).toThrow(malformedAt(1));
  for (const kind of [0, 11, 23]) {
    const unknown = content.slice();
    unknown[2] = kind;
    expect(() => decodeEntry(unknown)).toThrow(malformedAt(2));
  }
});

test('an effect of an unknown kind is rejected at that kind', () => {
  const plain = sampleOf('tap');
  if (plain.kind !== 'tap') throw new Error('not a tap');
  const marked: Entry = {
    ...plain,
    body: { ...plain.body, effects: [{ kind: 'cash-out', amountMinor: 0xabcdef }] },
  };
  const content = encodeEntry(marked);
  // Array of two, kind 5, array of one, the amount.
  const offset = toHex(content).indexOf('8205811a00abcdef') / 2 + 1;
  content[offset] = 7;
  expect(() => decodeEntry(content)).toThrow(malformedAt(offset));
});

const unbalanced: readonly Posting[] = [{ account: 'deposit' as Posting['account'], amountMinor: 1 }];
const POSTED = ['tap', 'drawer-paid', 'shift-closed', 'credited'] as const;

test.each(POSTED)('a %s whose postings do not sum to zero cannot be written', kind => {
  fc.assert(
    fc.property(entryOfKind(kind), original => {
      const fields = kind === 'tap' ? (['held', 'posted'] as const) : (['postings'] as const);
      for (const field of fields) {
        const broken = { ...original, body: { ...original.body, [field]: unbalanced } } as Entry;
        expect(() => encodeEntry(broken)).toThrow(expect.objectContaining({ code: 'postings-unbalanced' }));
      }
    }),
  );
});

test('postings that do not sum to zero, or have another spelling, are not read', () => {
  const body = { ...sampleOf('drawer-paid').body };
  const good = {
    seq: 1 as Seq,
    wallMs: 0,
    monoMs: 0,
    boot: 0,
    kind: 'drawer-paid',
    body: {
      ...body,
      postings: [
        { account: 'breakage', amountMinor: 2 },
        { account: 'deposit', amountMinor: -2 },
      ],
    },
  } as unknown as Entry;
  const content = encodeEntry(good);
  const lines = '82820a02820921';
  const at = toHex(content).indexOf(lines) / 2;
  expect(at).toBeGreaterThan(0);
  const withLines = (hex: string) => {
    const changed = toHex(content).replace(lines, hex);
    return Uint8Array.from(changed.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
  };
  expect(decodeEntry(withLines(lines))).toEqual(good);
  for (const [hex, within] of [
    ['82820a03820921', 0], // one cent too many
    ['81820a02', 0], // one side only
    ['82820921820a02', 0], // the other order
    ['83820a02820921820d00', 0], // a line of nothing
    ['83820a01820a01820921', 0], // one account twice
    ['82830a616102820921', 1], // an account that belongs to nobody, with somebody
    ['82820402820421', 0], // one account against itself
    ['82821002820921', 1], // an account that isn't in the chart
    ['828203028209', 1], // a drawer of no till
    ['8283036141028209', 1], // a drawer whose till is no name
  ] as const) {
    expect(() => decodeEntry(withLines(hex)), hex).toThrow(malformedAt(at + within));
  }
});

test.each([
  ['seq 0', { seq: 0 }],
  ['a time before 1970', { wallMs: -1 }],
  ['a broken millisecond', { monoMs: 0.5 }],
  ['a boot beyond u32', { boot: 2 ** 32 }],
])('a header with %s cannot be written, since it could not be read', (_, change) => {
  const original = sampleOf('cloud-cursor');
  expect(() => encodeEntry({ ...original, ...change } as Entry)).toThrow(RangeError);
});

const fault = (change: object) => {
  const original = sampleOf('fault');
  return { ...original, body: { ...original.body, ...change } } as Entry;
};

test.each([
  ['over 500 bytes', { message: 'x'.repeat(501) }],
  ['over 500 bytes of UTF-8', { message: '€'.repeat(200) }],
  ['half a surrogate pair', { message: '\ud800' }],
])('a text of %s cannot be written, since it could not be read', (_, change) => {
  expect(() => encodeEntry(fault(change))).toThrow(RangeError);
});

test('a text of exactly 500 bytes comes back', () => {
  const full = fault({ message: 'x'.repeat(500) });
  expect(decodeEntry(encodeEntry(full))).toEqual(full);
});

test.each([
  '0123abcd00004000800000123456-789ab-x',
  '0123abcd-0000-4000-80000123456789abcd',
  '0123abcd-0000-4000-8000-0123456789ag',
])('%s is not written as a UUID', tap => {
  const original = sampleOf('settlement');
  expect(() => encodeEntry({ ...original, body: { ...original.body, tap } } as Entry)).toThrow(RangeError);
});

test('at once, a tap books what it holds and the others what they post', () => {
  fc.assert(
    fc.property(entry, original => {
      const booked = bookedAtOnce(original);
      if (original.kind === 'tap') expect(booked).toEqual(original.body.held);
      else if ('postings' in original.body) expect(booked).toEqual(original.body.postings);
      else expect(booked).toEqual([]);
    }),
  );
});

test('every kind has an arbitrary, and kind numbers are for ever', () => {
  const numbers = KINDS.map(kind => [kind, decode(encodeEntry(sampleOf(kind)), STRICT)[1]]);
  expect(Object.fromEntries(numbers)).toEqual({
    tap: 1,
    settlement: 2,
    'drawer-paid': 3,
    'shift-opened': 4,
    'shift-closed': 5,
    'plan-applied': 6,
    'cloud-cursor': 7,
    'clock-jump': 8,
    fault: 9,
    'cap-extended': 10,
    issued: 32,
    credited: 33,
    blocked: 34,
    replaced: 35,
    'box-revoked': 36,
    'reversal-withdrawn': 37,
    'reversal-granted': 38,
  });
  expect(Object.keys(BODIES)).toHaveLength(numbers.length);
});
