/**
 * How long a till waits for the box's answer to one request. Past it the till is told to ask again, and the outcome, whenever it
 * comes, is kept for that: a till never gets two answers that contradict each other.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Timers } from '../timers.ts';

export const answerLate = () =>
  new Fault(
    'answer-late',
    'Ask again with the same id: the answer was not there in time. What was asked is carried out at most once, and the answer ' +
      'then is the true one.',
  );

export class Patience {
  readonly #timers: Timers;
  readonly #ms: number;
  readonly #ranOut: () => void;
  #callOff: (() => void) | undefined;
  #isLost = false;
  #isFinal = false;

  /** Runs from now on. @param ranOut called once, when it has: tells the till */
  constructor(timers: Timers, ms: number, ranOut: () => void) {
    this.#timers = timers;
    this.#ms = ms;
    this.#ranOut = ranOut;
    this.#run(ms);
  }

  /** Nobody reads this request's answer any more: the till was told to ask again, or is gone. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** It is a person's turn, and `waitMs` bounds that. */
  hold(): void {
    if (!this.#isFinal) this.end();
  }

  /** The box's turn again, with all its time. */
  go(): void {
    if (!this.#isFinal) this.#run(this.#ms);
  }

  /** At most so long from now on, whoever's turn it is. */
  shorten(ms: number): void {
    if (this.#isFinal) return;
    this.#run(ms);
    this.#isFinal = true;
  }

  /** The till is gone: there is nobody to tell. */
  lose(): void {
    this.end();
    this.#isFinal = true;
    this.#isLost = true;
  }

  end(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #run(ms: number): void {
    this.end();
    this.#callOff = this.#timers.after(ms, () => {
      this.lose();
      this.#ranOut();
    });
  }
}
