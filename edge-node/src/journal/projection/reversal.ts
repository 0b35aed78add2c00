/** Which tap undoes a sale: once, and that one may still be pending. A dropped reversal leaves the sale as it was. */
import { uuidBytes } from '../blob.ts';
import type { Projection } from './projection.ts';

export const reversal: Projection = {
  tables: ['reversal'],
  schema: `
CREATE TABLE reversal (
  at INTEGER PRIMARY KEY,
  box INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tap BLOB NOT NULL
) STRICT;
CREATE INDEX reversal_of ON reversal (box, epoch, seq);`,
  on: db => {
    const insert = db.prepare('INSERT INTO reversal VALUES (?, ?, ?, ?, ?)');
    const remove = db.prepare('DELETE FROM reversal WHERE at = ?');
    return ({ change }) => {
      if (change === undefined || change.from === change.to) return;
      const { at, tap, from, to } = change;
      for (const effect of tap.effects) {
        if (effect.kind !== 'reversal') continue;
        const { box, epoch, seq } = effect.of;
        if (to === 'dropped') remove.run(at);
        else if (from === 'new' || from === 'dropped') insert.run(at, box, epoch, seq, uuidBytes(tap.tap));
      }
    };
  },
};
