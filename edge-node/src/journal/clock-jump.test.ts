import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampMs, clockJump, type Instant } from './clock-jump.ts';

const last: Instant = { wallMs: 1_000_000, monoMs: 500, boot: 3 };
const after = (wallMs: number, monoMs: number, boot = 3): Instant => ({ wallMs, monoMs, boot });

describe('a clock jump', () => {
  it('is wall time that moved against monotonic time', () => {
    expect(clockJump(last, after(1_010_000, 500), 5000)).toEqual({ fromMs: 1_000_000, toMs: 1_010_000 });
    expect(clockJump(last, after(900_000, 60_500), 5000)).toEqual({ fromMs: 1_060_000, toMs: 900_000 });
  });

  it('is not time going by, nor a small correction', () => {
    expect(clockJump(last, after(1_060_000, 60_500), 5000)).toBeUndefined();
    expect(clockJump(last, after(1_064_999, 60_500), 5000)).toBeUndefined();
  });

  it('can only be told backwards over a restart', () => {
    expect(clockJump(last, after(9_000_000, 1, 4), 5000)).toBeUndefined();
    expect(clockJump(last, after(900_000, 1, 4), 5000)).toEqual({ fromMs: 1_000_000, toMs: 900_000 });
  });

  it('is nothing before the first entry', () => {
    expect(clockJump(undefined, last, 5000)).toBeUndefined();
  });
});

it('any number becomes a time that an entry can hold', () => {
  fc.assert(
    fc.property(fc.double(), ms => {
      const clamped = clampMs(ms);
      return Number.isSafeInteger(clamped) && clamped >= 0;
    }),
  );
});
