/** Programs with a fault in them, to see whether a runner finds it. */
import { join } from 'node:path';

export interface Planted {
  /** Path of a source, from the repository's root. */
  readonly file: string;
  /** What stands there, and what is put in its place, once. The program doesn't start where it stands no more. */
  readonly right: string;
  readonly wrong: string;
}

/** @returns the environment that plants it in a Node process */
export function planted({ file, right, wrong }: Planted): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'planted-source.mjs')}`,
    PULSERA_PLANTED: JSON.stringify({ file: `/${file}`, right, wrong }),
  };
}
