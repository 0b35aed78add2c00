/** Counts what the tills saw. */
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';

export class Tally {
  taps = 0;
  approved = 0;
  cancelled = 0;
  readonly declined = new Map<string, number>();
  readonly faults = new Map<string, number>();
  /** Milliseconds from field-on to the answer, of taps that wrote once and were not disturbed. */
  readonly #durationsMs: number[] = [];

  record(result: TapResult): void {
    this.taps++;
    if (result.outcome === 'approved') this.approved++;
    else if (result.outcome === 'cancelled') this.cancelled++;
    else if (result.outcome === 'declined') count(this.declined, result.reason);
    else count(this.faults, result.code);
  }

  time(ms: number): void {
    this.#durationsMs.push(ms);
  }

  /** Milliseconds; undefined before the first timed tap. @param share 0.5 for the median, 0.99 for the slow end. */
  percentile(share: number): number | undefined {
    const sorted = this.#durationsMs.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  }
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
