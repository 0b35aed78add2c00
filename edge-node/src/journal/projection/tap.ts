/**
 * Tap ids and what became of each write: the source of every answer to a repeated tap, and the only judge of what a settlement
 * changes. The other projections are told the change.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId, TapId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry, type Entry, type EntryOf } from '@pulsera/firmware-protocol/journal/entry';
import { plain, uuidBytes } from '../blob.ts';
import type { Database } from '../database.ts';
import type { Epochs } from '../epochs.ts';
import type { TapState } from '../views.ts';
import type { Fact, TapChange } from './projection.ts';

export const tapTable = {
  tables: ['tap', 'tap_end'],
  // A tap's id falls anywhere in its index, so it is written there once and never again. What became of it is read elsewhere: it is
  // pending while it stands in `pending_tap`; else it was posted and its till saw it, as almost all are, or `tap_end` says what.
  schema: `
CREATE TABLE tap (
  tap BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tap, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE tap_end (
  at INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('posted', 'dropped')),
  abandoned INTEGER NOT NULL
) STRICT;`,
};

/** What became of a write, and whether its till gave up on it. */
export interface Standing {
  readonly state: TapState;
  readonly abandoned: boolean;
}

interface End {
  readonly state: 'posted' | 'dropped';
  readonly abandoned: number;
}

export class Taps {
  readonly #box: BoxId;
  readonly #epochs: Epochs;
  readonly #places;
  readonly #pending;
  readonly #ended;
  readonly #insert;
  readonly #end;
  readonly #ordinary;
  readonly #content;

  constructor(db: Database, box: BoxId, epochs: Epochs) {
    this.#box = box;
    this.#epochs = epochs;
    // Plain look-ups: joined, or ordered, SQLite prepares them anew each time (0.03 ms).
    this.#places = db.prepare<[Uint8Array], number>('SELECT at FROM tap WHERE tap = ?').pluck();
    this.#pending = db.prepare<[number], number>('SELECT abandoned FROM pending_tap WHERE at = ?').pluck();
    this.#ended = db.prepare<[number], End>('SELECT state, abandoned FROM tap_end WHERE at = ?');
    this.#insert = db.prepare<[Uint8Array, number]>('INSERT INTO tap VALUES (?, ?)');
    this.#end = db.prepare<[number, TapState, number]>('INSERT OR REPLACE INTO tap_end VALUES (?, ?, ?)');
    this.#ordinary = db.prepare<[number]>('DELETE FROM tap_end WHERE at = ?');
    this.#content = db.prepare<[number], Uint8Array>('SELECT content FROM entry WHERE at = ?').pluck();
  }

  latest(tap: TapId): (Standing & { readonly at: number }) | undefined {
    const places = this.#places.all(uuidBytes(tap));
    if (places.length === 0) return undefined;
    const at = Math.max(...places);
    return { at, ...this.standingAt(at) };
  }

  /** @param at where a tap's entry stands. */
  standingAt(at: number): Standing {
    const pending = this.#pending.get(at);
    if (pending !== undefined) return { state: 'pending', abandoned: pending !== 0 };
    const end = this.#ended.get(at);
    return { state: end?.state ?? 'posted', abandoned: (end?.abandoned ?? 0) !== 0 };
  }

  /** @throws Fault `cbor-malformed` only if the journal is damaged. */
  entryAt(at: number): Entry | undefined {
    const content = this.#content.get(at);
    return content === undefined ? undefined : decodeEntry(plain(content));
  }

  /**
   * Notes what an entry does to a tap. @throws Fault `tap-id-reused`, `settlement-unknown`, `settlement-contradicts` for our own entries;
   * the cloud's word is taken, unless it is less than we know.
   */
  follow(journal: Fact['journal'], at: number, entry: Entry): TapChange | undefined {
    if (entry.kind === 'settlement') return this.#settle(journal, at, entry);
    if (entry.kind !== 'tap' || journal === 'cloud') return undefined;
    const earlier = this.latest(entry.body.tap);
    // A dropped write may be tried again under its id; a second one beside a write that may count would charge twice.
    if (earlier !== undefined && earlier.state !== 'dropped') {
      throw new Fault('tap-id-reused', 'Give each tap an id of its own: this one already has a write.', {
        detail: { tap: entry.body.tap, state: earlier.state },
      });
    }
    this.#insert.run(uuidBytes(entry.body.tap), at);
    const tap = entry.body;
    return { at, tap, from: 'new', to: 'pending', wasAbandoned: false, isAbandoned: false };
  }

  #settle(journal: Fact['journal'], here: number, { body }: EntryOf<'settlement'>): TapChange | undefined {
    const at = body.of.box === this.#box ? this.#epochs.at(body.of.epoch, body.of.seq) : undefined;
    // While rebuilding, later entries stand in the table already; what is settled must have come before.
    const isKnown =
      at !== undefined &&
      (journal === 'own' ? at < here : this.#places.all(uuidBytes(body.tap)).includes(at));
    const entry = isKnown ? this.entryAt(at) : undefined;
    const tap = entry?.kind === 'tap' ? entry.body : undefined;
    if (at === undefined || tap?.tap !== body.tap || tap.uid !== body.uid) {
      // The cloud also settles other boxes' taps, and those of ours that a restored disk no longer has.
      if (journal === 'cloud') return undefined;
      throw new Fault('settlement-unknown', 'Settle only taps that stand in this journal.', {
        detail: { tap: body.tap, uid: body.uid, ...body.of },
      });
    }
    const was = this.standingAt(at);
    const from = was.state;
    // Posted stays posted. The cloud may conclude otherwise where it has a copied chip's other tap and not our settlement yet.
    const to = body.outcome === 'abandoned' || from === 'posted' ? from : body.outcome;
    if (journal === 'own' && from === 'posted' && body.outcome === 'dropped') {
      throw new Fault('settlement-contradicts', 'A posted tap stays posted: reverse it instead.', {
        detail: { tap: body.tap, ...body.of },
      });
    }
    const isAbandoned = was.abandoned || body.outcome === 'abandoned';
    this.#note(at, was, { state: to, abandoned: isAbandoned });
    return { at, tap, from, to, wasAbandoned: was.abandoned, isAbandoned };
  }

  /** Only where it is no ordinary end: the projection `pending_tap` keeps the rest. */
  #note(at: number, was: Standing, now: Standing): void {
    if (now.state === 'pending' || (now.state === was.state && now.abandoned === was.abandoned)) return;
    if (now.state === 'dropped' || now.abandoned) this.#end.run(at, now.state, now.abandoned ? 1 : 0);
    else if (was.state !== 'pending') this.#ordinary.run(at);
  }
}
