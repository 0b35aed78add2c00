import type { Clock } from '@pulsera/edge-node/journal/journal';
import { GATES_OPEN_MS } from './festival.ts';
import type { VirtualTime } from './time.ts';

/** A box's clocks: the wall's may be set to anything, and runs fast or slow; the monotonic one begins anew with each start. */
export class BoxClock implements Clock {
  readonly #time: VirtualTime;
  #startedMs = 0;
  /** How far the wall clock is ahead of true time. */
  aheadMs = 0;
  /** Seconds gained per second. */
  drift = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  start(): void {
    this.#startedMs = this.#time.nowMs();
  }

  wallMs(): number {
    return GATES_OPEN_MS + Math.floor(this.#time.nowMs() * (1 + this.drift) + this.aheadMs);
  }

  monoMs(): number {
    return this.#time.nowMs() - this.#startedMs;
  }
}
