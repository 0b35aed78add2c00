/** Recomputes a stretch of the stored chain and names the first entry that doesn't hold. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import type { Database } from './database.ts';
import { isFatal, journalDamaged } from './storage-fault.ts';

interface Row {
  readonly at: number;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

export interface Stretch {
  /** Our own entries, or the cloud's as pulled. */
  readonly table: 'entry' | 'cloud_entry';
  /** `at` of the first and the last entry. */
  readonly from: number;
  readonly to: number;
  /** `at` minus `seq`. */
  readonly base: number;
  /** Hash of the entry before the first. */
  readonly before: Uint8Array;
}

/**
 * @param visit called with each entry that holds. @returns the last hash.
 * @throws Fault `journal-damaged` naming the sequence number
 */
export function checkChain(
  db: Database,
  stretch: Stretch,
  sha256: Sha256,
  visit: (at: number, hash: Uint8Array) => void = () => {},
): Uint8Array {
  const { table, from, to, base } = stretch;
  const key = table === 'entry' ? 'at' : 'seq';
  const rows = db.prepare<[number, number], Row>(
    `SELECT ${key} AS at, content, hash FROM ${table} WHERE ${key} BETWEEN ? AND ? ORDER BY ${key}`,
  );
  let hash = stretch.before;
  let at = from;
  const damaged = (what: string, cause?: unknown) => journalDamaged(at - base, what, { table }, cause);
  try {
    for (const row of rows.iterate(from, to)) {
      if (row.at !== at) throw damaged('it is missing');
      const computed = entryHash(hash, row.content, sha256);
      if (!equalBytes(computed, row.hash)) throw damaged('its content and its hash do not match');
      if (seqOf(row.content, damaged) !== at - base) throw damaged('it bears another number');
      hash = computed;
      visit(at, hash);
      at++;
    }
  } catch (error) {
    if (isFatal(error)) throw damaged('SQLite can not read it', error);
    throw error;
  }
  if (at !== to + 1) throw damaged('it is missing');
  return hash;
}

function seqOf(content: Uint8Array, damaged: (what: string, cause?: unknown) => Error): Seq {
  try {
    return decodeEntry(content).seq;
  } catch (cause) {
    throw damaged('it can not be read', cause);
  }
}
