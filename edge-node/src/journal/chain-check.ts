/** Recomputes a stretch of the stored chain and names the first entry that doesn't hold. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import type { Database, Statement } from './database.ts';
import { isFatal, journalDamaged } from './storage-fault.ts';

interface Row {
  readonly at: number;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
  /** The head that stands at it, if one does. */
  readonly signed: Uint8Array | null;
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

export interface Checked {
  readonly at: number;
  readonly hash: Uint8Array;
  readonly signed: Uint8Array | null;
}

/**
 * Entries read at a time. No snapshot is held while they are hashed: as long as one is, the box that goes on writing can't begin its
 * log anew. They don't change any more, so what was read of them is what a single snapshot would have shown.
 */
const PAGE_ENTRIES = 256;

const ROWS = {
  entry: `SELECT e.at, content, hash, signed FROM entry e LEFT JOIN head h ON h.at = e.at
    WHERE e.at BETWEEN ? AND ? ORDER BY e.at`,
  cloud_entry: `SELECT e.seq AS at, content, hash, signed FROM cloud_entry e LEFT JOIN cloud_head h ON h.seq = e.seq
    WHERE e.seq BETWEEN ? AND ? ORDER BY e.seq`,
} as const;

/**
 * @param visit called with each entry that holds. @returns the last hash.
 * @throws Fault `journal-damaged` naming the sequence number
 */
export function checkChain(
  db: Database,
  stretch: Stretch,
  sha256: Sha256,
  visit: (checked: Checked) => void = () => {},
): Uint8Array {
  const { table, from, to, base } = stretch;
  let hash = stretch.before;
  let at = from;
  const damaged = (what: string, cause?: unknown) => journalDamaged(at - base, what, { table }, cause);
  try {
    for (const row of rowsOf(db, stretch)) {
      if (row.at !== at) throw damaged('it is missing');
      const computed = entryHash(hash, row.content, sha256);
      if (!equalBytes(computed, row.hash)) throw damaged('its content and its hash do not match');
      if (seqOf(row.content, damaged) !== at - base) throw damaged('it bears another number');
      hash = computed;
      visit({ at, hash, signed: row.signed });
      at++;
    }
  } catch (error) {
    if (isFatal(error)) throw damaged('SQLite can not read it', error);
    throw error;
  }
  if (at !== to + 1) throw damaged('it is missing');
  return hash;
}

function* rowsOf(db: Database, { table, from, to }: Stretch): Generator<Row> {
  const rows = db.prepare<[number, number], Row>(ROWS[table]);
  for (let first = from; first <= to; first += PAGE_ENTRIES) {
    const last = Math.min(first + PAGE_ENTRIES - 1, to);
    let page: readonly Row[] | undefined;
    try {
      page = rows.all(first, last);
    } catch (error) {
      if (!isFatal(error)) throw error;
    }
    // What can't be read together is read one by one, as far as it goes; `get` doesn't look whether another row follows.
    yield* page ?? oneByOne(rows, first, last);
  }
}

function* oneByOne(rows: Statement<[number, number], Row>, first: number, last: number): Generator<Row> {
  for (let at = first; at <= last; at++) {
    const row = rows.get(at, at);
    if (row !== undefined) yield row;
  }
}

function seqOf(content: Uint8Array, damaged: (what: string, cause?: unknown) => Error): Seq {
  try {
    return decodeEntry(content).seq;
  } catch (cause) {
    throw damaged('it can not be read', cause);
  }
}
