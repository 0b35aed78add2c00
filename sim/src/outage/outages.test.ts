import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CABLE_FAULTS,
  CABLES,
  DEATHS,
  drawOutages,
  nameOf,
  PARTS,
  shortSetting,
  targetOf,
  wholeSetting,
} from './outages.ts';

const TEN_MINUTES = wholeSetting(600_000);
const seeds = fc.nat(2 ** 31);

test('no target is broken twice at a time, and everything is over when the time is', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const freeMs = new Map<string, number>();
      for (const { atMs, forMs, what } of drawOutages(seededRandom(seed), TEN_MINUTES)) {
        expect(atMs).toBeGreaterThanOrEqual(freeMs.get(targetOf(what)) ?? 0);
        expect(atMs + forMs).toBeLessThanOrEqual(TEN_MINUTES.ms);
        freeMs.set(targetOf(what), atMs + forMs);
      }
    }),
    { numRuns: 30 },
  );
});

test('ten minutes break everything in every way, and some of it at the same time', () => {
  const drawn = drawOutages(seededRandom(1), TEN_MINUTES);
  const names = new Set(drawn.map(({ what }) => nameOf(what)));
  for (const cable of CABLES) for (const fault of CABLE_FAULTS) expect(names).toContain(`${fault} ${cable}`);
  for (const part of PARTS) for (const death of DEATHS) expect(names).toContain(`${death} ${part}`);
  const overlapping = drawn.filter(({ atMs }) =>
    drawn.some(other => other.atMs < atMs && atMs < other.atMs + other.forMs),
  );
  expect(overlapping.length).toBeGreaterThan(drawn.length / 4);
});

test('the short form has every fault of a cable and every end of a part', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const setting = shortSetting(seededRandom(seed));
      const names = new Set(drawOutages(seededRandom(seed), setting).map(({ what }) => nameOf(what)));
      for (const fault of CABLE_FAULTS)
        expect([...names].some(name => name.startsWith(`${fault} `))).toBe(true);
      for (const part of PARTS) for (const death of DEATHS) expect(names).toContain(`${death} ${part}`);
    }),
    { numRuns: 200 },
  );
});

test('the same seed breaks the same', () => {
  const draw = () => drawOutages(seededRandom(7), TEN_MINUTES);
  expect(draw()).toEqual(draw());
});
