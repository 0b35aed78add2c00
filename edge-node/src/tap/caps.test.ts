import { DECLINES, type DeclineReason, declined } from '@pulsera/firmware-protocol/purse/decline';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earliest, offlineCapPercent, overCap } from './caps.ts';

const limits = { boxOfflineMinor: 1000, terminalMinor: 500 };
const nothing = { takenMinor: 0, movedMinor: 0, boxExtendedMinor: 0, terminalExtendedMinor: 0 };
const cutOff = { via: 'box', isCutOff: true } as const;

describe('the cap of a cut-off box', () => {
  it('lets through exactly what fits, extensions included', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.nat(1000), (takenMinor, takesMinor, boxExtendedMinor) => {
        const over = overCap(takesMinor, cutOff, { ...nothing, takenMinor, boxExtendedMinor }, limits);
        const fits = takesMinor === 0 || takenMinor + takesMinor <= 1000 + boxExtendedMinor;
        expect(over?.reason).toBe(fits ? undefined : 'box-cap');
      }),
    );
  });

  it('never holds back money that goes on a wristband, nor anything while the cloud answers', () => {
    const full = { ...nothing, takenMinor: 5000 };
    expect(overCap(-100, cutOff, full, limits)).toBeUndefined();
    expect(overCap(100, { via: 'box', isCutOff: false }, full, limits)).toBeUndefined();
  });

  it('is shown in percent, and as full when nothing is allowed at all', () => {
    const percent = (takenMinor: number, boxExtendedMinor = 0) =>
      offlineCapPercent({ ...nothing, takenMinor, boxExtendedMinor }, limits, true);
    expect([percent(0), percent(799), percent(800), percent(1000), percent(1500, 1000)]).toEqual([
      0, 79, 80, 100, 75,
    ]);
    expect(offlineCapPercent(nothing, { ...limits, boxOfflineMinor: 0 }, true)).toBe(100);
    expect(offlineCapPercent({ ...nothing, takenMinor: 900 }, limits, false)).toBe(0);
  });
});

it("the cap of a terminal's reader holds at all times and in both directions", () => {
  for (const takesMinor of [101, -101]) {
    for (const isCutOff of [true, false]) {
      const seen = { ...nothing, movedMinor: 400 };
      expect(overCap(takesMinor, { via: 'terminal', isCutOff }, seen, limits)?.reason).toBe('terminal-cap');
      expect(
        overCap(takesMinor - Math.sign(takesMinor), { via: 'terminal', isCutOff }, seen, limits),
      ).toBeUndefined();
      expect(overCap(takesMinor, { via: 'box', isCutOff }, seen, limits)).toBeUndefined();
    }
  }
});

it('of several declines the operator reads the one that is listed first', () => {
  const reasons = Object.keys(DECLINES) as DeclineReason[];
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...reasons), { minLength: 1 }), some => {
      const first = reasons.find(reason => some.includes(reason));
      expect(earliest(undefined, ...some.map(reason => declined(reason)))?.reason).toBe(first);
    }),
  );
  expect(earliest(undefined)).toBeUndefined();
});
