import type { Timers } from '../timers.ts';

/** Lets a loop sleep until there is something to do: for a while, until it is woken, or until all is over. */
export class Bell {
  readonly #timers: Timers;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Wakes who waits; with nobody waiting, the next wait is over at once. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** @returns at the first of: the time is up, the bell was rung, the signal is aborted. One waits at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>(resolve => {
        const callOff = this.#timers.after(ms, done);
        this.#wake = done;
        signal.addEventListener('abort', done);
        function done(): void {
          callOff();
          signal.removeEventListener('abort', done);
          resolve();
        }
      });
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}

/** Sleeps; nothing but the end of all wakes it. */
export function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Bell(timers).wait(ms, signal);
}
