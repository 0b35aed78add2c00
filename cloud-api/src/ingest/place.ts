/** Where a run belongs in the journal as it is stored: pure, so that every overlap can be tried without a database. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { Run } from './run.ts';

/** The end of a journal as stored; of an empty one, seq 0 and its genesis. */
export interface End {
  readonly seq: Seq;
  readonly hash: Uint8Array;
}

export type Place =
  /** All of it is there already. */
  | { readonly kind: 'replay' }
  /** The first `known` entries are there already. */
  | { readonly kind: 'append'; readonly known: number }
  | { readonly kind: 'gap' }
  | { readonly kind: 'fork' };

/**
 * One comparison decides an overlap, since each hash covers everything before it.
 * @param storedHash of the run's last entry, where the journal reaches further than the run
 */
export function place(run: Run, end: End, storedHash: Uint8Array | undefined): Place {
  if (run.fromSeq > end.seq + 1) return { kind: 'gap' };
  const last = Math.min(end.seq, run.toSeq);
  const stored = last === end.seq ? end.hash : storedHash;
  const sent = last < run.fromSeq ? run.before : run.hashes[last - run.fromSeq];
  if (!stored || !sent || !equalBytes(stored, sent)) return { kind: 'fork' };
  const known = last - run.fromSeq + 1;
  return known === run.contents.length ? { kind: 'replay' } : { kind: 'append', known };
}
