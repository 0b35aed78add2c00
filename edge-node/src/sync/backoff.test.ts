import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const limits = { firstMs: 500, mostMs: 15_000 };

test('the bound doubles with each failure and then stays', () => {
  const bounds = [1, 2, 3, 5, 6, 100, 100_000].map(failures => backoffMs(failures, 1, limits));
  expect(bounds).toEqual([500, 1000, 2000, 8000, 15_000, 15_000, 15_000]);
});

test('any pause between nothing and the bound is as likely: boxes spread out', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (n, r) => {
        const ms = backoffMs(n, r, limits);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThan(Math.min(15_000, 500 * 2 ** Math.min(n, 20)));
      },
    ),
  );
});
