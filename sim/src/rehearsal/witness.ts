/**
 * What is there to be seen, told as it happens in the auditor's own words: what people typed in, held out, read off a screen and handed
 * over, and what lies on the boxes' disks. All of it is part of the trace.
 */
import type { Seen } from './auditor/seen.ts';
import type { Trace } from './trace.ts';

export type Observation = Seen extends infer S ? (S extends Seen ? Omit<S, 'atMs'> : never) : never;

export class Witness {
  readonly #trace: Trace;
  readonly #nowMs: () => number;
  readonly #listeners = new Set<(seen: Seen) => void>();

  constructor(trace: Trace, nowMs: () => number) {
    this.#trace = trace;
    this.#nowMs = nowMs;
  }

  tell(observation: Observation): void {
    const { kind, ...detail } = observation;
    this.#trace.note(
      'seen',
      kind,
      'contents' in detail ? { ...detail, contents: detail.contents.length } : detail,
    );
    const seen = { atMs: this.#nowMs(), ...observation } as Seen;
    for (const listener of this.#listeners) listener(seen);
  }

  /** @returns how to leave */
  listen(listener: (seen: Seen) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
