/** What the cloud decided about taps, of any box; its last word counts. */
import { uuidBytes } from '../blob.ts';
import type { Projection } from './projection.ts';

export const cloudSettlement: Projection = {
  tables: ['cloud_settlement'],
  schema: `
CREATE TABLE cloud_settlement (
  box INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  tap BLOB NOT NULL,
  outcome TEXT NOT NULL,
  evidence TEXT NOT NULL,
  cloud_seq INTEGER NOT NULL,
  PRIMARY KEY (box, epoch, seq)
) STRICT, WITHOUT ROWID;`,
  on: db => {
    const put = db.prepare('INSERT OR REPLACE INTO cloud_settlement VALUES (?, ?, ?, ?, ?, ?, ?)');
    return ({ journal, entry }) => {
      if (journal !== 'cloud' || entry.kind !== 'settlement') return;
      const { of, tap, outcome, evidence } = entry.body;
      put.run(of.box, of.epoch, of.seq, uuidBytes(tap), outcome, evidence, entry.seq);
    };
  },
};
