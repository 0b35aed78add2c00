/** Cash-outs whose cash was handed over. */
import type { Projection } from './projection.ts';

export const drawerPaid: Projection = {
  tables: ['drawer_paid'],
  schema: `
CREATE TABLE drawer_paid (
  box INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (box, epoch, seq)
) STRICT, WITHOUT ROWID;`,
  on: db => {
    const insert = db.prepare('INSERT INTO drawer_paid VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
    return ({ journal, at, entry }) => {
      if (journal !== 'own' || entry.kind !== 'drawer-paid') return;
      const { box, epoch, seq } = entry.body.of;
      insert.run(box, epoch, seq, at);
    };
  },
};
