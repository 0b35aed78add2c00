/** What a check says, and what a check is. */
import type { Notebook } from './notebook.ts';
import type { Seen } from './seen.ts';

/** Something that can't be right. */
export interface Finding {
  readonly check: string;
  readonly atMs: number;
  /** A sentence about this very case. */
  readonly what: string;
  /** Whom it hurt, as far as is known. */
  readonly guest?: string | undefined;
  readonly uid?: string | undefined;
  readonly tapId?: string | undefined;
  /** Places in journals that show it. */
  readonly refs?: readonly string[];
}
/** As a check hands it over: its name and the time are added. */
export type Found = Omit<Finding, 'check' | 'atMs'> & { readonly atMs?: number };

export interface Check {
  readonly name: string;
  /** What must hold. */
  readonly sentence: string;
  /** Asked after each observation, which the notebook holds already. */
  readonly after?: (seen: Seen, notebook: Notebook) => readonly Found[];
  /** Asked when all has healed and everything is synced. */
  readonly atEnd?: (notebook: Notebook) => readonly Found[];
}
