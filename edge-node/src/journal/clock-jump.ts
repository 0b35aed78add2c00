/** Has somebody moved the clock? Judged from the last entry's times and now's. */

export interface Instant {
  readonly wallMs: number;
  readonly monoMs: number;
  readonly boot: number;
}

export interface ClockJump {
  /** What the wall clock should have shown. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Within one boot, wall and monotonic time must go on together, give or take `toleranceMs`. Over a restart nobody knows how long
 * the box was off, so only a step back can be told.
 */
export function clockJump(
  last: Instant | undefined,
  now: Instant,
  toleranceMs: number,
): ClockJump | undefined {
  if (last === undefined) return undefined;
  const sameBoot = last.boot === now.boot;
  const expectedMs = sameBoot ? last.wallMs + (now.monoMs - last.monoMs) : Math.max(last.wallMs, now.wallMs);
  return Math.abs(now.wallMs - expectedMs) > toleranceMs
    ? { fromMs: expectedMs, toMs: now.wallMs }
    : undefined;
}

/** The nearest time an entry can hold: a broken clock must not stop a sale. */
export function clampMs(ms: number): number {
  if (Number.isNaN(ms)) return 0;
  return Math.min(Math.max(0, Math.trunc(ms)), Number.MAX_SAFE_INTEGER);
}
