/** The real clock, chance and timers, as every part of the demo is handed them. */
import { randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventLoop } from '@pulsera/edge-node/event-loop';
import type { Clock } from '@pulsera/firmware-protocol/virtual/clock';

export const world = {
  nowMs: () => Date.now(),
  random: (length: number): Uint8Array => randomBytes(length),
  crypto: webcrypto as webcrypto.Crypto,
  clock: { wallMs: () => Date.now(), monoMs: () => performance.now() },
  loop: eventLoop,
  readFile: (path: string) => readFileSync(path, 'utf8'),
} as const;

export const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** For virtual readers: timers wake late and to the millisecond, so the last stretch is waited out turn by turn. */
export const airClock: Clock = {
  nowMs: () => performance.now(),
  async sleepUntil(atMs) {
    const aheadMs = atMs - performance.now();
    if (aheadMs > 2) await new Promise(resolve => setTimeout(resolve, aheadMs - 1.5));
    while (performance.now() < atMs) await new Promise(resolve => setImmediate(resolve));
  },
};
