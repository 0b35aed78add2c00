/** The listeners of one reader, told in the order in which they subscribed. */
import type { ReaderSignal } from './reader.ts';

export class Signals {
  readonly #listeners = new Set<(signal: ReaderSignal) => void>();

  subscribe(listener: (signal: ReaderSignal) => void): () => void {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own = (signal: ReaderSignal): void => listener(signal);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  send(signal: ReaderSignal): void {
    for (const listener of [...this.#listeners]) listener(signal);
  }

  clear(): void {
    this.#listeners.clear();
  }
}
