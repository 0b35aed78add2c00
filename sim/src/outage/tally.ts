/** What was counted. */
import { nameOf, type Outage } from './outages.ts';

export class Tally {
  /** By leaf, then by outcome: `approved`, `declined REASON`, `cancelled untouched`. */
  readonly taps = new Map<string, number>();
  /** By code: told to a till in place of an answer, and asked again. */
  readonly faults = new Map<string, number>();
  readonly outages = new Map<string, number>();
  /** Taps that a till asked for again, since it had heard no end of them. */
  askedAgain = 0;
  /** Guests who walked off while the screen was frozen. */
  walkedOff = 0;
  /** Wristbands that were pulled away while they were written to. */
  torn = 0;
  payments = 0;
  /** Sent again, since no answer came. */
  paymentsAgain = 0;

  tap(leaf: string, outcome: string): void {
    count(this.taps, `${leaf} ${outcome}`);
  }

  fault(code: string): void {
    count(this.faults, code);
  }

  outage({ what }: Outage): void {
    count(this.outages, nameOf(what));
  }

  get tapCount(): number {
    return [...this.taps.values()].reduce((sum, n) => sum + n, 0);
  }

  get greenCount(): number {
    return [...this.taps].reduce((sum, [name, n]) => sum + (name.endsWith(' approved') ? n : 0), 0);
  }
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
