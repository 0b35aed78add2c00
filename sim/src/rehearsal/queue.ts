/** People before one till: served one at a time, in the order they came; who is fed up goes away. */
import type { VirtualTime } from './time.ts';

export class Queue {
  readonly #time: VirtualTime;
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Who is served included. */
  get length(): number {
    return this.#waiting.length + (this.#isTaken ? 1 : 0);
  }

  /** @param staysMs goes away when it isn't their turn by then. @returns whether they were served */
  async served(staysMs: number, work: () => Promise<void>): Promise<boolean> {
    if (!(await this.#turn(staysMs))) return false;
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#isTaken = false;
      else next();
    }
    return true;
  }

  #turn(staysMs: number): Promise<boolean> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return Promise.resolve(true);
    }
    return new Promise(resolve => {
      const goAway = () => {
        this.#waiting.splice(this.#waiting.indexOf(come), 1);
        resolve(false);
      };
      const callOff = staysMs === Number.POSITIVE_INFINITY ? () => {} : this.#time.after(staysMs, goAway);
      const come = () => {
        callOff();
        resolve(true);
      };
      this.#waiting.push(come);
    });
  }
}
