import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';

describe('seeded randomness', () => {
  it('plays the same again from the same seed', () => {
    const a = seededRandom(7);
    const b = seededRandom(7);
    expect(a.bytes(64)).toEqual(b.bytes(64));
    expect(seededRandom(8).bytes(64)).not.toEqual(b.bytes(64));
  });

  it('stays below its limit and reaches all of it', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 20 }), (seed, limit) => {
        const random = seededRandom(seed);
        const seen = new Set(Array.from({ length: 60 * limit }, () => random.below(limit)));
        expect([...seen].sort((x, y) => x - y)).toEqual(Array.from({ length: limit }, (_, index) => index));
      }),
      { numRuns: 20 },
    );
  });

  it('is as likely as asked', () => {
    const random = seededRandom(1);
    const hits = Array.from({ length: 20_000 }, () => random.chance(0.02)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(300);
    expect(hits).toBeLessThan(500);
    expect(seededRandom(1).chance(0)).toBe(false);
    expect(seededRandom(1).chance(1)).toBe(true);
  });

  it.each([0, -1, 1.5, 2 ** 33])('has no number below %d', limit => {
    expect(() => seededRandom(1).below(limit)).toThrow(RangeError);
  });
});
