/** What the watching thread tells the one that fuzzes. */
import { INPUT_MAX_BYTES } from './mutate.ts';

export interface Order {
  readonly name: string;
  readonly seed: number;
  /** For so long, milliseconds. */
  readonly ms: number;
  /** Ends with its first finding. */
  readonly isOneEnough?: boolean;
  /** Two 32-bit words (how many inputs were begun, and how long this one is), then its bytes. */
  readonly shared: SharedArrayBuffer;
}

export const SHARED_WORDS = 2;
/** Samples may be longer than what is made of them. */
export const SHARED_BYTES = 16 * INPUT_MAX_BYTES;
