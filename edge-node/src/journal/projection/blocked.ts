/** Wristbands the cloud took out of use: by chip, and by wallet and generation. */
import { hexBytes } from '../blob.ts';
import type { Projection } from './projection.ts';

export const blocked: Projection = {
  tables: ['blocked'],
  schema: `
CREATE TABLE blocked (
  wallet BLOB NOT NULL,
  generation INTEGER NOT NULL,
  uid BLOB,
  reason TEXT NOT NULL,
  PRIMARY KEY (wallet, generation)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocked_chip ON blocked (uid);`,
  on: db => {
    // The first reason stays: "fork" says more than the "replaced" that follows from it.
    const block = db.prepare('INSERT INTO blocked VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
    const free = db.prepare('UPDATE blocked SET uid = NULL WHERE uid = ?');
    return ({ journal, entry }) => {
      if (journal !== 'cloud') return;
      if (entry.kind === 'blocked') {
        const { uid, wallet, generation, reason } = entry.body;
        block.run(hexBytes(wallet), generation, hexBytes(uid), reason);
      } else if (entry.kind === 'replaced') {
        const { wallet, fromUid, fromGeneration } = entry.body;
        block.run(hexBytes(wallet), fromGeneration, hexBytes(fromUid), 'replaced');
      } else if (entry.kind === 'issued') {
        // The plastic was personalised anew; the wallet it carried before stays blocked.
        free.run(hexBytes(entry.body.uid));
      }
    };
  },
};
