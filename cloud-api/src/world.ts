/** Time and chance, handed in so that any run can be replayed. Only main.ts has the real ones. */
export interface World {
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Unpredictable in production: keys, codes and nonces are made from it. */
  randomBytes(length: number): Uint8Array;
}
