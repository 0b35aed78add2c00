/** The store that a cloud runs on: SQL by hand, under row level security, each domain's beside its rows. */
import type { EventId } from '@pulsera/firmware-protocol/ids';
import type { Pool } from 'pg';
import { constraintFault } from '../../../database/constraint-fault.ts';
import { type TenantTransaction, withTenant } from '../../../database/with-tenant.ts';
import type { Ledger, Store } from '../store.ts';
import { balanceRows } from './balance-rows.ts';
import { boxRows } from './box-rows.ts';
import { caseRows } from './case-rows.ts';
import { chipRows } from './chip-rows.ts';
import { creditRows } from './credit-rows.ts';
import type { EventTransaction } from './event-transaction.ts';
import { journals } from './journals.ts';
import { quarantineRows } from './quarantine-rows.ts';
import { replacementRows } from './replacement-rows.ts';
import { saleReversalRows } from './sale-reversal-rows.ts';
import { wristbandRows } from './wristband-rows.ts';

/** Runs `work` again where PostgreSQL ends it in favour of another: `database/retrying.ts`, which also says in which order locks are taken. */
export function postgresStore(pool: Pool): Store {
  return {
    within: (tenantId, eventId, work) =>
      withTenant(pool, tenantId, tx => work(ledgerOf(tx, eventId))).catch(error => {
        throw constraintFault(error) ?? error;
      }),
  };
}

/** The rows of an event within a transaction that is under way. */
export function ledgerOf({ tenantId, client }: TenantTransaction, eventId: EventId): Ledger {
  const at: EventTransaction = { tenantId, client, eventId };
  return {
    eventId,
    journals: journals(at),
    chips: chipRows(at),
    credits: creditRows(at),
    balances: balanceRows(at),
    cases: caseRows(at),
    replacements: replacementRows(at),
    reversals: saleReversalRows(at),
    wristbands: wristbandRows(at),
    boxes: boxRows(at),
    quarantine: quarantineRows(at),
  };
}
