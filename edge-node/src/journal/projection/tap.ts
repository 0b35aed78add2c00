/**
 * Tap ids and what became of each write: the source of every answer to a repeated tap, and the only judge of what a settlement
 * changes. The other projections are told the change.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId, TapId } from '@pulsera/firmware-protocol/ids';
import {
  decodeEntry,
  type Entry,
  type EntryOf,
  type TapBody,
} from '@pulsera/firmware-protocol/journal/entry';
import { plain, uuidBytes } from '../blob.ts';
import type { Database } from '../database.ts';
import type { Epochs } from '../epochs.ts';
import type { TapState } from '../views.ts';
import type { Fact, TapChange } from './projection.ts';

export const tapTable = {
  tables: ['tap'],
  // States have numbers above 1, so that each takes one byte in a row and an update never makes a page overflow.
  schema: `
CREATE TABLE tap (
  tap BLOB NOT NULL,
  at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  PRIMARY KEY (tap, at)
) STRICT, WITHOUT ROWID;`,
};

const NUMBER = { pending: 2, posted: 3, dropped: 4 } as const satisfies Record<TapState, number>;
/** Added to the state's number once the till gave up. */
const ABANDONED = 3;

/** What became of a write, and whether its till gave up on it. */
export interface Standing {
  readonly state: TapState;
  readonly abandoned: boolean;
}

const STANDING: ReadonlyMap<number, Standing> = new Map(
  Object.entries(NUMBER).flatMap(([name, number]): [number, Standing][] => {
    const state = name as TapState;
    return [
      [number, { state, abandoned: false }],
      [number + ABANDONED, { state, abandoned: true }],
    ];
  }),
);
const numberOf = ({ state, abandoned }: Standing) => NUMBER[state] + (abandoned ? ABANDONED : 0);

interface Row {
  readonly at: number;
  readonly state: number;
}

export class Taps {
  readonly #box: BoxId;
  readonly #epochs: Epochs;
  readonly #latest;
  readonly #one;
  readonly #insert;
  readonly #update;
  readonly #content;

  constructor(db: Database, box: BoxId, epochs: Epochs) {
    this.#box = box;
    this.#epochs = epochs;
    this.#latest = db.prepare<[Uint8Array], Row>(
      'SELECT at, state FROM tap WHERE tap = ? ORDER BY at DESC LIMIT 1',
    );
    this.#one = db.prepare<[Uint8Array, number], Row>('SELECT at, state FROM tap WHERE tap = ? AND at = ?');
    this.#insert = db.prepare<[Uint8Array, number, number]>('INSERT INTO tap VALUES (?, ?, ?)');
    this.#update = db.prepare<[number, Uint8Array, number]>(
      'UPDATE tap SET state = ? WHERE tap = ? AND at = ?',
    );
    this.#content = db.prepare<[number], Uint8Array>('SELECT content FROM entry WHERE at = ?').pluck();
  }

  latest(tap: TapId): (Standing & { readonly at: number }) | undefined {
    return standing(this.#latest.get(uuidBytes(tap)));
  }

  standingAt(tap: TapId, at: number): Standing | undefined {
    return standing(this.#one.get(uuidBytes(tap), at));
  }

  /** @throws Fault `cbor-malformed` only if the journal is damaged. */
  entryAt(at: number): Entry | undefined {
    const content = this.#content.get(at);
    return content === undefined ? undefined : decodeEntry(plain(content));
  }

  /**
   * Notes what an entry does to a tap. @throws Fault `tap-id-reused`, `settlement-unknown`, `settlement-contradicts` for our own entries;
   * the cloud's word is taken.
   */
  follow(journal: Fact['journal'], at: number, entry: Entry): TapChange | undefined {
    if (entry.kind === 'settlement') return this.#settle(journal, entry);
    if (entry.kind !== 'tap' || journal === 'cloud') return undefined;
    const earlier = this.latest(entry.body.tap);
    // A dropped write may be tried again under its id; a second one beside a write that may count would charge twice.
    if (earlier !== undefined && earlier.state !== 'dropped') {
      throw new Fault('tap-id-reused', 'Give each tap an id of its own: this one already has a write.', {
        detail: { tap: entry.body.tap, state: earlier.state },
      });
    }
    this.#insert.run(uuidBytes(entry.body.tap), at, NUMBER.pending);
    const tap = entry.body;
    return { at, tap, from: 'new', to: 'pending', wasAbandoned: false, isAbandoned: false };
  }

  #settle(journal: Fact['journal'], { body }: EntryOf<'settlement'>): TapChange | undefined {
    const at = body.of.box === this.#box ? this.#epochs.at(body.of.epoch, body.of.seq) : undefined;
    const was = at === undefined ? undefined : this.standingAt(body.tap, at);
    const tap = at === undefined || was === undefined ? undefined : this.#body(at);
    if (at === undefined || was === undefined || tap?.uid !== body.uid) {
      // The cloud also settles other boxes' taps, and those of ours that a restored disk no longer has.
      if (journal === 'cloud') return undefined;
      throw new Fault('settlement-unknown', 'Settle only taps that stand in this journal.', {
        detail: { tap: body.tap, uid: body.uid, ...body.of },
      });
    }
    const from = was.state;
    const to = body.outcome === 'abandoned' ? from : body.outcome;
    if (journal === 'own' && from === 'posted' && to === 'dropped') {
      throw new Fault('settlement-contradicts', 'A posted tap stays posted: reverse it instead.', {
        detail: { tap: body.tap, ...body.of },
      });
    }
    const isAbandoned = was.abandoned || body.outcome === 'abandoned';
    const number = numberOf({ state: to, abandoned: isAbandoned });
    if (number !== numberOf(was)) this.#update.run(number, uuidBytes(body.tap), at);
    return { at, tap, from, to, wasAbandoned: was.abandoned, isAbandoned };
  }

  #body(at: number): TapBody {
    const entry = this.entryAt(at);
    if (entry?.kind !== 'tap') {
      throw new Fault('journal-damaged', 'Rebuild the projections: a tap is listed where no tap stands.', {
        detail: { at },
      });
    }
    return entry.body;
  }
}

function standing(row: Row | undefined): (Standing & { readonly at: number }) | undefined {
  const known = row === undefined ? undefined : STANDING.get(row.state);
  return row === undefined || known === undefined ? undefined : { at: row.at, ...known };
}
