/** What provisioning may touch of the world. `main.ts` makes the real one. */
import type { Environment } from './arguments.ts';

export interface Io {
  readonly env: Environment;
  /** A line to standard output. */
  readonly print: (line: string) => void;
  /** A line to standard error. */
  readonly complain: (line: string) => void;
  /** A line that the next one replaces, on a terminal; undefined elsewhere. */
  readonly repaint: ((line: string) => void) | undefined;
  readonly monoMs: () => number;
  readonly random: (length: number) => Uint8Array;
  readonly readFile: (path: string) => string;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}
