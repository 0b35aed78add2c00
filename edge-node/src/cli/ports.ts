import type { webcrypto } from 'node:crypto';
import type { Random } from '../identity/vault.ts';
import type { Clock } from '../journal/journal.ts';

/** The world, as the commands need it. */
export interface CliPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: webcrypto.Crypto;
  readonly readFile: (path: string) => string;
  /** Somebody has lost patience. */
  readonly signal?: AbortSignal;
}
