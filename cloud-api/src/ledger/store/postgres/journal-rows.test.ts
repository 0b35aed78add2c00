import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from './journal-rows.ts';

/** As the database cuts them: `substring(blob FROM at FOR length)`. */
const cut = ({ blob, at, lengths }: ReturnType<typeof joined>) =>
  at.map((from, i) => new Uint8Array(blob.subarray(from - 1, from - 1 + (lengths[i] ?? 0))));

test('byte strings are found again wherever they stood: in one piece of memory in any order, or each for itself', () => {
  const places = fc.array(fc.tuple(fc.nat(90), fc.integer({ min: 1, max: 10 })), { maxLength: 20 });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 100, maxLength: 100 }),
      places,
      fc.boolean(),
      (memory, all, apart) => {
        const views = all.map(([from, length]) => memory.subarray(from, from + length));
        const parts = apart ? views.map(view => view.slice()) : views;
        expect(cut(joined(parts))).toEqual(views.map(view => new Uint8Array(view)));
      },
    ),
  );
});

test('what stands side by side but for the heads between is taken where it is', () => {
  const memory = new Uint8Array(100).fill(7);
  const { blob } = joined([memory.subarray(10, 40), memory.subarray(42, 80)]);
  expect(blob.buffer).toBe(memory.buffer);
  expect(blob.length).toBe(70);
});

test('what lies far apart does not take along all that is between', () => {
  const memory = new Uint8Array(10_000);
  expect(joined([memory.subarray(0, 10), memory.subarray(9_000, 9_010)]).blob.length).toBe(20);
});
