/** Later, as it is handed to whatever has to wait: by the event loop in a real box, by virtual time in a simulated one. */

/** Calls back once, after that many milliseconds. @returns what calls it off */
export interface Timers {
  after(ms: number, callback: () => void): () => void;
}

/** Calls back when all that is under way at this moment has had its turn: `setImmediate`. */
export type Soon = (callback: () => void) => void;

export interface EventLoop extends Timers {
  readonly soon: Soon;
}
