/** Counts what the tills saw. */
import type { DeclineReason } from '@pulsera/firmware-protocol/purse/decline';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';

/** A guest who came with a wristband of their own, and was refused. */
export interface Refusal {
  /** The guest's number. */
  readonly guest: number;
  readonly reason: DeclineReason;
}

export class Tally {
  taps = 0;
  approved = 0;
  cancelled = 0;
  readonly declined = new Map<string, number>();
  readonly faults = new Map<string, number>();
  readonly refusals: Refusal[] = [];
  /** Milliseconds from field-on to the answer, of taps that wrote once and were not disturbed. */
  readonly #durationsMs: number[] = [];

  /** @param guest the number of an honest guest; none where a copied wristband is held out */
  record(result: TapResult, guest?: number): void {
    this.taps++;
    if (result.outcome === 'declined' && guest !== undefined)
      this.refusals.push({ guest, reason: result.reason });
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
