/**
 * What moved at this box, place by place, so that it can be summed up beyond any checkpoint: caps are over what the cloud hasn't
 * acknowledged. Rows are only added; a tap that was dropped gets a second one that takes it back.
 */
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Effect } from '@pulsera/firmware-protocol/journal/effect';
import type { Database } from '../database.ts';
import type { Exposure } from '../views.ts';
import type { Fact, Projection, TapChange } from './projection.ts';

interface Move {
  /** Place of the entry that it is about: the tap's own, also where a later one takes it back. */
  readonly at: number;
  readonly till: TillId | null;
  readonly takenMinor: number;
  readonly movedMinor: number;
  readonly boxExtendedMinor: number;
  readonly terminalExtendedMinor: number;
}

const NOTHING = { till: null, takenMinor: 0, movedMinor: 0, boxExtendedMinor: 0, terminalExtendedMinor: 0 };

export const exposure: Projection = {
  tables: ['exposure'],
  schema: `
CREATE TABLE exposure (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  till TEXT,
  taken_minor INTEGER NOT NULL,
  moved_minor INTEGER NOT NULL,
  box_extended_minor INTEGER NOT NULL,
  terminal_extended_minor INTEGER NOT NULL
) STRICT;
CREATE INDEX exposure_at ON exposure (at);`,
  on: db => {
    const insert = db.prepare('INSERT INTO exposure VALUES (NULL, ?, ?, ?, ?, ?, ?)');
    return fact => {
      const move = moveIn(fact);
      if (move === undefined) return;
      const { at, till, takenMinor, movedMinor, boxExtendedMinor, terminalExtendedMinor } = move;
      insert.run(at, till, takenMinor, movedMinor, boxExtendedMinor, terminalExtendedMinor);
    };
  },
};

function moveIn({ entry, change, at }: Fact): Move | undefined {
  if (change !== undefined) return moveOf(change);
  if (entry.kind !== 'cap-extended') return undefined;
  const { cap, byMinor } = entry.body;
  return cap === 'terminal'
    ? { ...NOTHING, at, terminalExtendedMinor: byMinor }
    : { ...NOTHING, at, boxExtendedMinor: byMinor };
}

function moveOf({ at, tap, from, to }: TapChange): Move | undefined {
  const times = counts(to) - counts(from);
  const netMinor = tap.effects.reduce((sum, effect) => sum + takenBy(effect), 0);
  if (times === 0 || netMinor === 0) return undefined;
  const movedMinor = tap.via === 'terminal' ? times * Math.abs(netMinor) : 0;
  return { ...NOTHING, at, till: tap.till, takenMinor: times * Math.max(0, netMinor), movedMinor };
}

const counts = (state: TapChange['from']) => (state === 'new' || state === 'dropped' ? 0 : 1);

/** Off the chip is positive. */
function takenBy(effect: Effect): number {
  switch (effect.kind) {
    case 'purchase':
      return effect.totalMinor;
    case 'cash-out':
      return effect.amountMinor;
    case 'cash-topup':
      return -effect.amountMinor;
    case 'reversal':
      return -(effect.mainMinor + effect.bonusMinor);
    case 'credit-load':
    case 'issue':
      return 0;
  }
}

interface SumRow {
  readonly till: TillId | null;
  readonly takenMinor: number;
  readonly movedMinor: number;
  readonly boxExtendedMinor: number;
  readonly terminalExtendedMinor: number;
}

/** Sums beyond the checkpoint, kept up to date by what was added and what was acknowledged since they were last asked for. */
export class Exposures {
  readonly #sums;
  readonly #lastId;
  #after = 0;
  #upTo = 0;
  #total = { takenMinor: 0, boxExtendedMinor: 0, terminalExtendedMinor: 0 };
  #moved = new Map<TillId, number>();

  constructor(db: Database) {
    this.#lastId = db.prepare<[], number | null>('SELECT max(id) FROM exposure').pluck();
    this.#sums = db.prepare<[number, number, number, number], SumRow>(
      `SELECT till, sum(taken_minor) AS takenMinor, sum(moved_minor) AS movedMinor,
         sum(box_extended_minor) AS boxExtendedMinor, sum(terminal_extended_minor) AS terminalExtendedMinor
       FROM exposure WHERE at > ? AND at <= ? AND id > ? AND id <= ? GROUP BY till`,
    );
  }

  /** @param acknowledged place of the last entry that the cloud holds. */
  of(acknowledged: number, till: TillId): Exposure {
    const lastId = this.#lastId.get() ?? 0;
    if (acknowledged < this.#after || lastId < this.#upTo) this.#startOver(acknowledged);
    if (acknowledged > this.#after) {
      this.#add(-1, this.#sums.all(this.#after, acknowledged, 0, this.#upTo));
      this.#after = acknowledged;
    }
    if (lastId > this.#upTo) {
      this.#add(1, this.#sums.all(acknowledged, Number.MAX_SAFE_INTEGER, this.#upTo, lastId));
      this.#upTo = lastId;
    }
    return { ...this.#total, movedMinor: this.#moved.get(till) ?? 0 };
  }

  #startOver(after: number): void {
    this.#after = after;
    this.#upTo = 0;
    this.#total = { takenMinor: 0, boxExtendedMinor: 0, terminalExtendedMinor: 0 };
    this.#moved = new Map();
  }

  #add(sign: 1 | -1, rows: readonly SumRow[]): void {
    for (const { till, takenMinor, movedMinor, boxExtendedMinor, terminalExtendedMinor } of rows) {
      this.#total = {
        takenMinor: this.#total.takenMinor + sign * takenMinor,
        boxExtendedMinor: this.#total.boxExtendedMinor + sign * boxExtendedMinor,
        terminalExtendedMinor: this.#total.terminalExtendedMinor + sign * terminalExtendedMinor,
      };
      if (till === null || movedMinor === 0) continue;
      this.#moved.set(till, (this.#moved.get(till) ?? 0) + sign * movedMinor);
    }
  }
}

/** Where the cloud's last checkpoint of the epoch being written stands among all entries. */
export const acknowledgedAt = (base: number, checkpoint: { readonly seq: number } | undefined) =>
  base + (checkpoint?.seq ?? 0);
