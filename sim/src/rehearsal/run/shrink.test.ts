import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Drawn } from './order.ts';
import { shrink } from './shrink.ts';

const numbers = (most: number) => Array.from({ length: most }, (_, i) => i);
const part = fc.record({
  strikes: fc.uniqueArray(fc.nat(29), { maxLength: 5 }),
  guests: fc.uniqueArray(fc.nat(11), { maxLength: 3 }),
  untilMs: fc.integer({ min: 0, max: 3_600_000 }),
});
const WHOLE: Drawn = { strikes: numbers(30), guests: numbers(12), untilMs: 3_600_000 };
const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
const within = (some: readonly number[], all: readonly number[]) => some.every(each => all.includes(each));

test('what is needed and nothing else is left, when more never helps', async () => {
  await fc.assert(
    fc.asyncProperty(part, async needed => {
      const { least } = await shrink({
        whole: WHOLE,
        stillFails: async ({ strikes, guests, untilMs }) =>
          within(needed.strikes, strikes) && within(needed.guests, guests) && untilMs >= needed.untilMs,
        mostTries: 1000,
      });
      expect(least).toMatchObject({ strikes: sorted(needed.strikes), guests: sorted(needed.guests) });
      expect(least.untilMs).toBeGreaterThanOrEqual(needed.untilMs);
      expect(least.untilMs).toBeLessThan(needed.untilMs + 200);
    }),
    { numRuns: 50 },
  );
});

test('whatever goes wrong and whatever does not, what is left goes wrong, and nothing is tried twice or too often', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 0, max: 120 }), async (salt, mostTries) => {
      const tried = new Set<string>();
      // Any part may go wrong or not, without reason.
      const fails = (each: Drawn) =>
        [...JSON.stringify(each)].reduce(
          (sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0,
          salt,
        ) %
          3 ===
        0;
      const { least, tries } = await shrink({
        whole: WHOLE,
        stillFails: async each => {
          expect(tried).not.toContain(JSON.stringify(each));
          tried.add(JSON.stringify(each));
          return fails(each);
        },
        mostTries,
      });
      expect(tries).toBe(tried.size);
      expect(tries).toBeLessThanOrEqual(mostTries);
      expect(least === WHOLE || fails(least)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('a good guess is tried first, and spares the rest', async () => {
  const asked: Drawn[] = [];
  await shrink({
    whole: WHOLE,
    stillFails: async each => asked.push(each) > 0,
    mostTries: 1,
    guesses: [{ untilMs: 1000 }],
  });
  expect(asked).toEqual([{ ...WHOLE, untilMs: 1000 }]);
});
