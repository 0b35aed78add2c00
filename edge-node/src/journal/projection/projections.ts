/** All projections, as one: made, applied in order, thrown away. */
import type { BoxId } from '@pulsera/firmware-protocol/ids';
import type { Database } from '../database.ts';
import type { Epochs } from '../epochs.ts';
import { blocked } from './blocked.ts';
import { cloudSettlement } from './cloud-settlement.ts';
import { cloudWallet } from './cloud-wallet.ts';
import { drawerPaid } from './drawer-paid.ts';
import { exposure } from './exposure.ts';
import { openShift } from './open-shift.ts';
import { pendingTap } from './pending-tap.ts';
import type { Fact, Projection, TapChange } from './projection.ts';
import { reversal } from './reversal.ts';
import { Taps, tapTable } from './tap.ts';
import { bookings, tillTotal } from './till-total.ts';
import { walletSeen } from './wallet-seen.ts';

const PROJECTIONS: readonly Projection[] = [
  tillTotal,
  pendingTap,
  walletSeen,
  cloudWallet,
  blocked,
  cloudSettlement,
  reversal,
  drawerPaid,
  openShift,
  exposure,
];

export const PROJECTED_TABLES: readonly string[] = [
  ...tapTable.tables,
  ...PROJECTIONS.flatMap(({ tables }) => tables),
];

export function createProjections(db: Database): void {
  for (const { schema } of [tapTable, ...PROJECTIONS]) db.exec(schema);
}

export function dropProjections(db: Database): void {
  for (const table of PROJECTED_TABLES) db.exec(`DROP TABLE IF EXISTS ${table}`);
}

/** @returns what applies one entry to every table; throws what `Taps.follow` and the projections throw. */
export function projector(db: Database, box: BoxId, epochs: Epochs): Projector {
  const taps = new Taps(db, box, epochs);
  const appliers = PROJECTIONS.map(projection => projection.on(db, box));
  return {
    taps,
    apply: fact => {
      const change = taps.follow(fact.journal, fact.at, fact.entry);
      const changed = change === undefined ? fact : { ...fact, change };
      const whole = { ...changed, booked: bookings(changed) };
      for (const apply of appliers) apply(whole);
      return change;
    },
  };
}

export interface Projector {
  readonly taps: Taps;
  apply(fact: Omit<Fact, 'change' | 'booked'>): TapChange | undefined;
}
