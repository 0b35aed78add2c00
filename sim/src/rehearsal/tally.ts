/** What an evening came to, in figures. */
export class Tally {
  /** How often each request came to each end: `charge approved`. */
  readonly taps: Record<string, number> = {};
  /** What could not even be asked for, and why not: `buy: no wristband`. */
  readonly dropped: Record<string, number> = {};
  /** How often each kind of trouble struck. */
  readonly strikes: Record<string, number> = {};

  tap(leaf: string, outcome: string): void {
    count(this.taps, `${leaf} ${outcome}`);
  }

  strike(what: string): void {
    count(this.strikes, what);
  }

  drop(wish: string, why: string): void {
    count(this.dropped, `${wish}: ${why}`);
  }
}

const count = (of: Record<string, number>, key: string): void => {
  of[key] = (of[key] ?? 0) + 1;
};
