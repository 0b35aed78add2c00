/**
 * What happened, line by line, and the hash of all lines: two runs with one hash were the same run. Whoever wants a readable
 * story listens; nobody has to keep a whole night in memory.
 */
import { createHash } from 'node:crypto';

/** Of whom, what, and with which figures; all in an order that is the same each time. */
export interface TraceLine {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export class Trace {
  readonly #nowMs: () => number;
  readonly #hash = createHash('sha256');
  readonly #listeners: ((line: TraceLine) => void)[] = [];
  #lines = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get lines(): number {
    return this.#lines;
  }

  note(who: string, what: string, detail: TraceLine['detail'] = {}): void {
    const line = { atMs: this.#nowMs(), who, what, detail };
    this.#hash.update(`${written(line)}\n`);
    this.#lines += 1;
    for (const listener of this.#listeners) listener(line);
  }

  listen(listener: (line: TraceLine) => void): void {
    this.#listeners.push(listener);
  }

  /** Of all lines so far, as 64 hex digits. */
  hash(): string {
    return this.#hash.copy().digest('hex');
  }
}

export const written = ({ atMs, who, what, detail }: TraceLine): string =>
  `${atMs.toFixed(3)} ${who} ${what} ${JSON.stringify(detail)}`;
