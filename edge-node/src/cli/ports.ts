import type { webcrypto } from 'node:crypto';
import type { Random } from '../identity/vault.ts';
import type { Clock } from '../journal/journal.ts';
import type { EventLoop } from '../timers.ts';

/** The world, as the commands need it. */
export interface CliPorts {
  readonly clock: Clock;
  readonly loop: EventLoop;
  readonly random: Random;
  readonly crypto: webcrypto.Crypto;
  readonly readFile: (path: string) => string;
  /** Somebody has lost patience. */
  readonly signal?: AbortSignal;
}
