import type { Clock } from '@pulsera/edge-node/journal/journal';
import { GATES_OPEN_MS } from './festival.ts';
import type { VirtualTime } from './time.ts';

/** A box's clocks: the wall's may be set to anything, and runs fast or slow; the monotonic one begins anew with each start. */
export class BoxClock implements Clock {
  readonly #time: VirtualTime;
  #startedMs = 0;
  /** When the wall clock was last set, and to what. */
  #setMs = 0;
  #wallMs = GATES_OPEN_MS;
  #drift = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  start(): void {
    this.#startedMs = this.#time.nowMs();
  }

  /** Moves the wall clock by so much. @param drift seconds that it gains per second from now on */
  set(jumpMs: number, drift = 0): void {
    this.#wallMs = this.#exactMs() + jumpMs;
    this.#setMs = this.#time.nowMs();
    this.#drift = drift;
  }

  wallMs(): number {
    return Math.floor(this.#exactMs());
  }

  monoMs(): number {
    return this.#time.nowMs() - this.#startedMs;
  }

  #exactMs(): number {
    return this.#wallMs + (this.#time.nowMs() - this.#setMs) * (1 + this.#drift);
  }
}
