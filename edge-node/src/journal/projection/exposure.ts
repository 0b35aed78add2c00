/**
 * What moved at this box, place by place, so that it can be summed up beyond any checkpoint: caps are over what the cloud hasn't
 * acknowledged. Rows are only added, at the end: a tap that is dropped gets a second one, at its settlement, that takes it
 * back. What the cloud settles it has acknowledged, so its own word needs no row.
 */
import type { TillId } from '@pulsera/firmware-protocol/ids';
import { takenMinor } from '@pulsera/firmware-protocol/journal/effect';
import type { Database } from '../database.ts';
import type { Exposure } from '../views.ts';
import type { Fact, Projection, TapChange } from './projection.ts';

interface Move {
  readonly till: TillId | null;
  readonly takenMinor: number;
  readonly movedMinor: number;
  readonly boxExtendedMinor: number;
  readonly terminalExtendedMinor: number;
}

const NOTHING: Move = {
  till: null,
  takenMinor: 0,
  movedMinor: 0,
  boxExtendedMinor: 0,
  terminalExtendedMinor: 0,
};

export const exposure: Projection = {
  tables: ['exposure'],
  schema: `
CREATE TABLE exposure (
  at INTEGER PRIMARY KEY,
  till TEXT,
  taken_minor INTEGER NOT NULL,
  moved_minor INTEGER NOT NULL,
  box_extended_minor INTEGER NOT NULL,
  terminal_extended_minor INTEGER NOT NULL
) STRICT;`,
  on: db => {
    const insert = db.prepare('INSERT INTO exposure VALUES (?, ?, ?, ?, ?, ?)');
    return fact => {
      const move = fact.journal === 'own' ? moveIn(fact) : undefined;
      if (move === undefined) return;
      const { till, takenMinor, movedMinor, boxExtendedMinor, terminalExtendedMinor } = move;
      insert.run(fact.at, till, takenMinor, movedMinor, boxExtendedMinor, terminalExtendedMinor);
    };
  },
};

function moveIn({ entry, change }: Fact): Move | undefined {
  if (change !== undefined) return moveOf(change);
  if (entry.kind !== 'cap-extended') return undefined;
  const { cap, byMinor } = entry.body;
  return cap === 'terminal'
    ? { ...NOTHING, terminalExtendedMinor: byMinor }
    : { ...NOTHING, boxExtendedMinor: byMinor };
}

function moveOf({ tap, from, to }: TapChange): Move | undefined {
  const times = counts(to) - counts(from);
  const netMinor = takenMinor(tap.effects);
  if (times === 0 || netMinor === 0) return undefined;
  const movedMinor = tap.via === 'terminal' ? times * Math.abs(netMinor) : 0;
  return { ...NOTHING, till: tap.till, takenMinor: times * Math.max(0, netMinor), movedMinor };
}

const counts = (state: TapChange['from']) => (state === 'new' || state === 'dropped' ? 0 : 1);

type Totals = Pick<Move, 'takenMinor' | 'boxExtendedMinor' | 'terminalExtendedMinor'>;
const NO_TOTALS: Totals = { takenMinor: 0, boxExtendedMinor: 0, terminalExtendedMinor: 0 };

/** Sums beyond the checkpoint, kept up to date by what was added and what was acknowledged since they were last asked for. */
export class Exposures {
  readonly #sums;
  readonly #movedBy;
  readonly #last;
  #after = 0;
  #upTo = 0;
  #total = NO_TOTALS;
  #moved = new Map<TillId, number>();

  constructor(db: Database) {
    this.#last = db.prepare<[], number | null>('SELECT max(at) FROM exposure').pluck();
    // Two queries: grouping half a million rows by till takes ten times as long as adding them up, and only those
    // of readers behind a till are wanted by till.
    this.#sums = db.prepare<[number, number], Totals>(
      `SELECT coalesce(sum(taken_minor), 0) AS takenMinor, coalesce(sum(box_extended_minor), 0) AS boxExtendedMinor,
         coalesce(sum(terminal_extended_minor), 0) AS terminalExtendedMinor
       FROM exposure WHERE at > ? AND at <= ?`,
    );
    this.#movedBy = db.prepare<[number, number], Pick<Move, 'movedMinor'> & { till: TillId }>(
      `SELECT till, sum(moved_minor) AS movedMinor FROM exposure
       WHERE at > ? AND at <= ? AND moved_minor <> 0 GROUP BY till`,
    );
  }

  /** @param acknowledged place of the last entry that the cloud holds. */
  of(acknowledged: number, till?: TillId): Exposure {
    const last = this.#last.get() ?? 0;
    if (this.#upTo === 0 || acknowledged < this.#after || last < this.#upTo) this.#startOver(acknowledged);
    if (last > this.#upTo) this.#add(1, Math.max(this.#after, this.#upTo), last);
    this.#upTo = last;
    if (acknowledged > this.#after) this.#add(-1, this.#after, Math.min(acknowledged, last));
    this.#after = acknowledged;
    const { takenMinor, boxExtendedMinor, terminalExtendedMinor } = this.#total;
    // Below zero when a tap was acknowledged and its being dropped not yet.
    return {
      takenMinor: Math.max(0, takenMinor),
      movedMinor: till === undefined ? 0 : Math.max(0, this.#moved.get(till) ?? 0),
      boxExtendedMinor,
      terminalExtendedMinor,
    };
  }

  #startOver(after: number): void {
    this.#after = after;
    this.#upTo = 0;
    this.#total = NO_TOTALS;
    this.#moved = new Map();
  }

  #add(sign: 1 | -1, after: number, upTo: number): void {
    const sums = this.#sums.get(after, upTo) ?? NO_TOTALS;
    this.#total = {
      takenMinor: this.#total.takenMinor + sign * sums.takenMinor,
      boxExtendedMinor: this.#total.boxExtendedMinor + sign * sums.boxExtendedMinor,
      terminalExtendedMinor: this.#total.terminalExtendedMinor + sign * sums.terminalExtendedMinor,
    };
    for (const { till, movedMinor } of this.#movedBy.all(after, upTo)) {
      this.#moved.set(till, (this.#moved.get(till) ?? 0) + sign * movedMinor);
    }
  }
}
