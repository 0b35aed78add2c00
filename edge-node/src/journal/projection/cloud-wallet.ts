/** Online credits of each wallet's list, with running sums, so that "all after number n" is two rows of one index. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { hexBytes } from '../blob.ts';
import type { Projection } from './projection.ts';

interface Last {
  readonly number: number;
  readonly main: number;
  readonly bonus: number;
}

export const cloudWallet: Projection = {
  tables: ['cloud_wallet'],
  schema: `
CREATE TABLE cloud_wallet (
  wallet BLOB NOT NULL,
  generation INTEGER NOT NULL,
  number INTEGER NOT NULL,
  main_minor INTEGER NOT NULL,
  bonus_minor INTEGER NOT NULL,
  main_sum_minor INTEGER NOT NULL,
  bonus_sum_minor INTEGER NOT NULL,
  PRIMARY KEY (wallet, generation, number)
) STRICT, WITHOUT ROWID;`,
  on: db => {
    const last = db.prepare<[Uint8Array, number], Last>(
      `SELECT number, main_sum_minor AS main, bonus_sum_minor AS bonus FROM cloud_wallet
       WHERE wallet = ? AND generation = ? ORDER BY number DESC LIMIT 1`,
    );
    const insert = db.prepare('INSERT INTO cloud_wallet VALUES (?, ?, ?, ?, ?, ?, ?)');
    return ({ journal, entry }) => {
      if (journal !== 'cloud' || entry.kind !== 'credited') return;
      const { wallet, generation, number, mainMinor, bonusMinor } = entry.body;
      const id = hexBytes(wallet);
      const before = last.get(id, generation) ?? { number: 0, main: 0, bonus: 0 };
      if (number !== before.number + 1) {
        throw new Fault(
          'cloud-journal-broken',
          'Report this to the operator of the cloud: a list of credits has a gap.',
          {
            detail: { seq: entry.seq, number, expected: before.number + 1 },
          },
        );
      }
      const sums = [before.main + mainMinor, before.bonus + bonusMinor];
      insert.run(id, generation, number, mainMinor, bonusMinor, ...sums);
    };
  },
};
