import type { ConnectRefusal } from './connect.ts';
import type { GuardRefusal } from './guard.ts';
import type { HandshakeRefusal } from './handshake.ts';
import type { PublishRefusal } from './rights.ts';
import type { WaitingRefusal } from './waiting-room.ts';

/** Every way in which the broker says no. Stable: it labels a metric, and docs/errors.md lists them. */
export type Refusal =
  | HandshakeRefusal
  | WaitingRefusal
  | GuardRefusal
  | ConnectRefusal
  | PublishRefusal
  | 'bad-subject'
  | 'revoked'
  | 'forbidden-subscription'
  | 'bad-packet'
  | 'silent'
  | 'too-slow-reader';

export type RefusalDetail = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
  error(detail: object, message: string): void;
}

/**
 * Counts every refusal and logs the first of each kind at once, then one line per kind and quiet time with the number
 * of those left out: a stranger with a loop must not fill the disk that the journal needs.
 */
export class Refusals {
  readonly #log: Log;
  readonly #count: (refusal: Refusal) => void;
  readonly #quietMs: number;
  readonly #quiet = new Map<Refusal, { leftOut: number; readonly timer: NodeJS.Timeout }>();

  constructor(log: Log, count: (refusal: Refusal) => void, quietMs: number) {
    this.#log = log;
    this.#count = count;
    this.#quietMs = quietMs;
  }

  add(refusal: Refusal, detail: RefusalDetail): void {
    this.#count(refusal);
    const quiet = this.#quiet.get(refusal);
    if (quiet !== undefined) {
      quiet.leftOut += 1;
      return;
    }
    this.#log.warn({ refusal, ...detail }, 'Broker refused a terminal');
    const timer = setTimeout(() => this.#flush(refusal), this.#quietMs).unref();
    this.#quiet.set(refusal, { leftOut: 0, timer });
  }

  close(): void {
    for (const refusal of [...this.#quiet.keys()]) this.#flush(refusal);
  }

  #flush(refusal: Refusal): void {
    const quiet = this.#quiet.get(refusal);
    this.#quiet.delete(refusal);
    clearTimeout(quiet?.timer);
    if (quiet === undefined || quiet.leftOut === 0) return;
    this.#log.warn({ refusal, times: quiet.leftOut }, 'Broker refused more of the same');
  }
}
