/** Online credits of each wallet's list, numbered without gaps. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { hexBytes } from '../blob.ts';
import type { Projection } from './projection.ts';

export const cloudWallet: Projection = {
  tables: ['cloud_wallet'],
  schema: `
CREATE TABLE cloud_wallet (
  wallet BLOB NOT NULL,
  generation INTEGER NOT NULL,
  number INTEGER NOT NULL,
  main_minor INTEGER NOT NULL,
  bonus_minor INTEGER NOT NULL,
  PRIMARY KEY (wallet, generation, number)
) STRICT, WITHOUT ROWID;`,
  on: db => {
    const last = db
      .prepare<[Uint8Array, number], number | null>(
        'SELECT max(number) FROM cloud_wallet WHERE wallet = ? AND generation = ?',
      )
      .pluck();
    const insert = db.prepare('INSERT INTO cloud_wallet VALUES (?, ?, ?, ?, ?)');
    return ({ journal, entry }) => {
      if (journal !== 'cloud' || entry.kind !== 'credited') return;
      const { wallet, generation, number, mainMinor, bonusMinor } = entry.body;
      const id = hexBytes(wallet);
      const expected = (last.get(id, generation) ?? 0) + 1;
      if (number !== expected) {
        throw new Fault(
          'cloud-journal-broken',
          'Report this to the operator of the cloud: a list of credits has a gap.',
          { detail: { seq: entry.seq, number, expected } },
        );
      }
      insert.run(id, generation, number, mainMinor, bonusMinor);
    };
  },
};
