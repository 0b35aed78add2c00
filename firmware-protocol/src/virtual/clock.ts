/** The time that a virtual reader lives in: the machine's own in a demo, one that jumps in tests. */
export interface Clock {
  /** Monotonic milliseconds, fractions included. */
  nowMs(): number;
  /** Resolves at that moment, or at once when it is past. */
  sleepUntil(atMs: number): Promise<void>;
}

/** Virtual time: whoever sleeps takes the clock along. Right for one reader at a time. */
export function jumpingClock(startMs = 0): Clock & { advance(ms: number): void } {
  let now = startMs;
  return {
    nowMs: () => now,
    async sleepUntil(atMs) {
      now = Math.max(now, atMs);
    },
    advance(ms) {
      now += ms;
    },
  };
}
