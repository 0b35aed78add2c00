/** The shift that is open at each till, and the cash that came into its drawer and left it since. */
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { uuidBytes } from '../blob.ts';
import type { Projection } from './projection.ts';

export const openShift: Projection = {
  tables: ['open_shift'],
  schema: `
CREATE TABLE open_shift (
  till TEXT PRIMARY KEY,
  shift BLOB NOT NULL,
  operator TEXT NOT NULL,
  float_minor INTEGER NOT NULL,
  cash_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;`,
  on: db => {
    const open = db.prepare('INSERT OR REPLACE INTO open_shift VALUES (?, ?, ?, ?, 0)');
    const close = db.prepare('DELETE FROM open_shift WHERE till = ?');
    const add = db.prepare('UPDATE open_shift SET cash_minor = cash_minor + ? WHERE till = ?');
    return ({ journal, entry, booked }) => {
      if (journal === 'own' && entry.kind === 'shift-opened') {
        const { till, shift, operator, floatMinor } = entry.body;
        open.run(till, uuidBytes(shift), operator, floatMinor);
        return;
      }
      if (journal === 'own' && entry.kind === 'shift-closed') {
        close.run(entry.body.till);
        return;
      }
      if (booked === undefined) return;
      const cash = accounts.cash(booked.till);
      for (const { account, amountMinor } of booked.lines) {
        if (account === cash) add.run(amountMinor, booked.till);
      }
    };
  },
};
