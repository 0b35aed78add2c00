/** What each till booked, per account. Wallets are one line per kind, or a till would have as many lines as it had guests. */

import type { TillId } from '@pulsera/firmware-protocol/ids';
import { parseAccount } from '@pulsera/firmware-protocol/money/account';
import { type Postings, reversed } from '@pulsera/firmware-protocol/money/posting';
import { bookedBy } from '@pulsera/firmware-protocol/purse/books';
import type { Fact, Projection, TapChange } from './projection.ts';

export const tillTotal: Projection = {
  tables: ['till_total'],
  schema: `
CREATE TABLE till_total (
  till TEXT NOT NULL,
  account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL,
  PRIMARY KEY (till, account)
) STRICT, WITHOUT ROWID;`,
  on: db => {
    const add = db.prepare<[string, string, number]>(
      `INSERT INTO till_total VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor`,
    );
    return fact => {
      const booked = bookings(fact);
      if (booked === undefined) return;
      for (const { account, amountMinor } of booked.lines) {
        add.run(booked.till, totalledAs(account), amountMinor);
      }
    };
  },
};

/** What a fact books at which till; undefined when it books nothing. */
export function bookings({ entry, change }: Fact): { till: TillId; lines: Postings } | undefined {
  if (change !== undefined) return { till: change.tap.till, lines: difference(change) };
  if (entry.kind === 'drawer-paid' || entry.kind === 'shift-closed') {
    return { till: entry.body.till, lines: entry.body.postings };
  }
  return undefined;
}

function difference({ tap, from, to, wasAbandoned, isAbandoned }: TapChange): Postings {
  const before = from === 'new' ? [] : bookedBy(tap, from, wasAbandoned);
  return [...bookedBy(tap, to, isAbandoned), ...reversed(before)];
}

function totalledAs(account: string): string {
  const { family } = parseAccount(account);
  return family === 'wallet-main' || family === 'wallet-bonus' ? family : account;
}
