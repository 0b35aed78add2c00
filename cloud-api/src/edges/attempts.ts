/**
 * Counts failed guesses, from one address and from all, in windows of a quarter of an hour. In memory of one process:
 * a code's 68 bits are the wall, this only keeps the noise down, and a count shared by all processes would cost a
 * table that belongs to no tenant.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';

const WINDOW_MS = 15 * 60_000;
const PER_ADDRESS = 10;
const FROM_ALL = 500;

export interface Attempts {
  /** @throws Fault `enrolment-attempts-exceeded` */
  assertAllowed(address: string): void;
  failed(address: string): void;
}

export function countAttempts(nowMs: () => number): Attempts {
  let windowStartMs = nowMs();
  let all = 0;
  // Holds at most FROM_ALL addresses: beyond that nobody gets as far as failing.
  let byAddress = new Map<string, number>();
  const turn = () => {
    const now = nowMs();
    // A clock that was set back must not lock everybody out until it catches up.
    if (now >= windowStartMs && now < windowStartMs + WINDOW_MS) return;
    windowStartMs = now;
    all = 0;
    byAddress = new Map();
  };
  return {
    assertAllowed(address) {
      turn();
      if (all < FROM_ALL && (byAddress.get(address) ?? 0) < PER_ADDRESS) return;
      throw new Fault('enrolment-attempts-exceeded', 'Too many wrong codes: wait a quarter of an hour.', {
        detail: { retryInMs: windowStartMs + WINDOW_MS - nowMs() },
      });
    },
    failed(address) {
      turn();
      all++;
      byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    },
  };
}
