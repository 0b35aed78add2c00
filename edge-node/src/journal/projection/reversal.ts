/**
 * Which tap undoes a sale: once, and that one may still be pending; a dropped reversal leaves the sale as it was. And whose the right
 * is to reverse it, where the cloud's journal has spoken of that: see `purse/reversal-right.ts`.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import {
  bornRight,
  mayReverse,
  type ReversalRight,
  type RightEntry,
  rightAfter,
} from '@pulsera/firmware-protocol/purse/reversal-right';
import { uuidBytes } from '../blob.ts';
import type { Database } from '../database.ts';
import type { Fact, Projection } from './projection.ts';

export const reversal: Projection = {
  tables: ['reversal', 'reversal_right'],
  schema: `
CREATE TABLE reversal (
  at INTEGER PRIMARY KEY,
  box INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tap BLOB NOT NULL
) STRICT;
CREATE INDEX reversal_of ON reversal (box, epoch, seq);
CREATE TABLE reversal_right (
  box INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tap BLOB NOT NULL,
  holder INTEGER,
  last INTEGER NOT NULL,
  cloud_seq INTEGER NOT NULL,
  PRIMARY KEY (box, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX reversal_right_tap ON reversal_right (tap);`,
  on: (db, box) => {
    const insert = db.prepare('INSERT INTO reversal VALUES (?, ?, ?, ?, ?)');
    const remove = db.prepare('DELETE FROM reversal WHERE at = ?');
    const put = db.prepare('INSERT OR REPLACE INTO reversal_right VALUES (?, ?, ?, ?, ?, ?, ?)');
    const rightOf = rights(db);

    function move(entry: RightEntry & { readonly seq: Seq }): void {
      const { of, tap } = entry.body;
      const { holder, last, seq } = rightAfter(rightOf(of), entry);
      put.run(of.box, of.epoch, of.seq, uuidBytes(tap), holder, last, seq);
    }

    return fact => {
      const { journal, entry, change } = fact;
      if (journal === 'cloud' && isRight(entry)) move(entry);
      if (change === undefined) return;
      if (journal === 'own') requireRight(fact, box, rightOf);
      if (change.from === change.to) return;
      const { at, tap, from, to } = change;
      for (const effect of tap.effects) {
        if (effect.kind !== 'reversal') continue;
        const { of } = effect;
        if (to === 'dropped') remove.run(at);
        else if (from === 'new' || from === 'dropped') {
          insert.run(at, of.box, of.epoch, of.seq, uuidBytes(tap.tap));
        }
      }
    };
  },
};

/** Where the right to reverse a sale stands, by the cloud's journal as far as it is held. */
export function rights(db: Database): (sale: TapRef) => ReversalRight {
  const find = db.prepare<[number, number, number], ReversalRight>(
    'SELECT holder, last, cloud_seq AS seq FROM reversal_right WHERE box = ? AND epoch = ? AND seq = ?',
  );
  return sale => find.get(sale.box, sale.epoch, sale.seq) ?? bornRight(sale);
}

const isRight = (entry: Fact['entry']): entry is Extract<Fact['entry'], RightEntry> =>
  entry.kind === 'reversal-withdrawn' || entry.kind === 'reversal-granted';

/**
 * Looked at once more where the order is fixed for good: the cloud's word may have come between decision and journal. Giving a sale up
 * after it was shown as approved is an undoing too. @throws Fault `reversal-not-held`
 */
function requireRight({ entry, change }: Fact, box: BoxId, rightOf: (sale: TapRef) => ReversalRight): void {
  if (entry.kind === 'tap') {
    for (const effect of entry.body.effects) {
      if (effect.kind === 'reversal' && !mayReverse(box, rightOf(effect.of))) throw notHeld(effect.of);
    }
  } else if (entry.kind === 'settlement' && change?.to === 'posted') {
    const isGivenUp = change.isAbandoned && !change.wasAbandoned;
    if (isGivenUp && !mayReverse(box, rightOf(entry.body.of))) throw notHeld(entry.body.of);
  }
}

const notHeld = (sale: TapRef) =>
  new Fault('reversal-not-held', 'Ask again: another box was given the reversal of that sale just now.', {
    detail: { ...sale },
  });
