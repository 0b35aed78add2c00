/**
 * How long to wait after a failure: exponential, with full jitter, so that two hundred boxes whose cable comes back at the same
 * moment don't all call at the same moment again.
 */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** @param failures in a row, from 1. @param random 0 ≤ x < 1. @returns milliseconds, from 0 up to the bound that doubles. */
export function backoffMs(failures: number, random: number, { firstMs, mostMs }: BackoffLimits): number {
  return Math.floor(random * Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30)));
}
