/** Taps that are neither posted nor dropped: what a box resumes after a crash, and what the next look at a chip may decide. */
import { hexBytes, uuidBytes } from '../blob.ts';
import type { Projection } from './projection.ts';

export const pendingTap: Projection = {
  tables: ['pending_tap'],
  schema: `
CREATE TABLE pending_tap (
  at INTEGER PRIMARY KEY,
  tap BLOB NOT NULL,
  uid BLOB NOT NULL,
  wallet BLOB NOT NULL,
  generation INTEGER NOT NULL,
  till TEXT NOT NULL,
  before BLOB,
  after BLOB NOT NULL,
  abandoned INTEGER NOT NULL
) STRICT;`,
  // No index by chip: seldom are there more than a few dozen, and each tap would have to write it twice.
  on: db => {
    const insert = db.prepare('INSERT INTO pending_tap VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)');
    const abandon = db.prepare('UPDATE pending_tap SET abandoned = 1 WHERE at = ?');
    const remove = db.prepare('DELETE FROM pending_tap WHERE at = ?');
    return ({ entry, change }) => {
      if (change === undefined) return;
      const { at, tap, from, to } = change;
      if (from === 'new') {
        insert.run(
          at,
          uuidBytes(tap.tap),
          hexBytes(tap.uid),
          hexBytes(tap.wallet),
          tap.generation,
          tap.till,
          tap.from === null ? null : tap.from === 0 ? tap.slot0 : tap.slot1,
          tap.after,
        );
      } else if (from === 'pending' && to !== 'pending') {
        remove.run(at);
      } else if (from === 'pending' && entry.kind === 'settlement') {
        abandon.run(at);
      }
    };
  },
};
