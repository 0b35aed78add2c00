/**
 * One direction of a line between two machines. What is sent arrives late, twice, out of order or never, as its quality says; it can be
 * cut, so that the sender knows and what is on its way is lost, or half-open, so that nobody knows and everything is lost.
 */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { between } from './chance.ts';
import type { VirtualTime } from './time.ts';
import type { Trace } from './trace.ts';

/** Rates are per message, 0 to 1. */
export interface LineQuality {
  readonly delayMs: readonly [least: number, most: number];
  readonly lossRate: number;
  readonly duplicateRate: number;
  /** How many don't wait for those before them. */
  readonly reorderRate: number;
}

/** A cable in a field, on a good day. */
export const CALM: LineQuality = { delayMs: [0.5, 4], lossRate: 0, duplicateRate: 0, reorderRate: 0 };

type LineState = 'up' | 'cut' | 'half-open';

export interface LineOptions<T> {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly quality?: LineQuality;
  readonly deliver: (message: T) => void;
}

export class Line<T> {
  readonly #options: LineOptions<T>;
  quality: LineQuality;
  #state: LineState = 'up';
  /** What was sent over an older connection arrives no more. */
  #connection = 0;
  #lastAtMs = 0;

  constructor(options: LineOptions<T>) {
    this.#options = options;
    this.quality = options.quality ?? CALM;
  }

  get state(): LineState {
    return this.#state;
  }

  /** Both a cut and mending begin a new connection. */
  set(state: LineState): void {
    if (state === this.#state) return;
    const { trace, name } = this.#options;
    trace.note(name, state);
    this.#state = state;
    this.reset();
  }

  /** A new connection: what is on its way over the old one is lost. */
  reset(): void {
    this.#connection += 1;
    this.#lastAtMs = 0;
  }

  /** @returns false when the sender is told at once that nobody is there */
  send(message: T): boolean {
    if (this.#state === 'cut') return false;
    const { random, trace, name } = this.#options;
    const { lossRate, duplicateRate } = this.quality;
    // Drawn whatever the state is, so that a cut changes nothing but what it cuts.
    const [isLost, isTwice] = [random.chance(lossRate), random.chance(duplicateRate)];
    if (this.#state === 'half-open' || isLost) {
      trace.note(name, 'lost');
      return true;
    }
    this.#carry(message);
    if (isTwice) {
      trace.note(name, 'twice');
      this.#carry(message);
    }
    return true;
  }

  #carry(message: T): void {
    const { time, random, deliver } = this.#options;
    const { delayMs, reorderRate } = this.quality;
    const earliestMs = time.nowMs() + between(random, delayMs);
    const atMs = random.chance(reorderRate) ? earliestMs : Math.max(earliestMs, this.#lastAtMs);
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    const connection = this.#connection;
    time.after(atMs - time.nowMs(), () => {
      if (connection === this.#connection) deliver(message);
    });
  }
}
