/** What each till booked, per account. Wallets are one line per kind, or a till would have as many lines as it had guests. */

import type { Family } from '@pulsera/firmware-protocol/money/account';
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
    // All lines of an entry in one statement: six small ones take longer than their rows.
    const add = (rows: number) =>
      db.prepare(
        `INSERT INTO till_total VALUES ${Array.from({ length: rows }, () => '(?, ?, ?)').join(', ')}
         ON CONFLICT DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor`,
      );
    const adds = new Map<number, ReturnType<typeof add>>();
    return ({ booked }) => {
      if (booked === undefined || booked.lines.length === 0) return;
      const { till, lines } = booked;
      const statement = adds.get(lines.length) ?? add(lines.length);
      adds.set(lines.length, statement);
      statement.run(lines.flatMap(({ account, amountMinor }) => [till, totalledAs(account), amountMinor]));
    };
  },
};

/** What an entry books at which till; undefined when it books nothing. */
export function bookings({ entry, change }: Omit<Fact, 'booked'>): Fact['booked'] {
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

/** `wallet-main` for every `wallet-main:<wallet>`; any other account as it is. */
function totalledAs(account: string): string {
  return WALLET_FAMILIES.find(family => account.startsWith(`${family}:`)) ?? account;
}

const WALLET_FAMILIES = ['wallet-main', 'wallet-bonus'] as const satisfies readonly Family[];
