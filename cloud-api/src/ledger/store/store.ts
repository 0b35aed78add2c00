/**
 * The port between what the cloud decides and where its rows lie. A flow is handed a `Ledger`: one event's rows in one
 * transaction, by domain. What it means is in the flows; a store keeps rows, locks them, and refuses what would be there twice.
 * `postgres/` is what a cloud runs on; `memory/` is for programs that play a whole festival in one process. `store.contract.ts`
 * holds both to the same.
 */
import type { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { Balances } from './balances.ts';
import type { Boxes } from './boxes.ts';
import type { CaseFile } from './case-file.ts';
import type { Chips } from './chips.ts';
import type { CreditLists } from './credit-lists.ts';
import type { Journals } from './journals.ts';
import type { Quarantine } from './quarantine.ts';
import type { Replacements } from './replacements.ts';
import type { SaleReversals } from './sale-reversals.ts';
import type { Wristbands } from './wristbands.ts';

export interface Store {
  /**
   * Runs `work` in one transaction: commits its result, or keeps nothing of it when it throws. It may run more than once, so it
   * must do nothing but through its ledger, and the ledger ends with it.
   * @throws Fault `database-unavailable`; `already-exists`, `event-unknown`, `key-set-unknown` of a row that is refused
   */
  within<T>(tenantId: TenantId, eventId: EventId, work: (ledger: Ledger) => Promise<T>): Promise<T>;
}

export interface Ledger {
  readonly eventId: EventId;
  readonly journals: Journals;
  readonly chips: Chips;
  readonly credits: CreditLists;
  readonly balances: Balances;
  readonly cases: CaseFile;
  readonly replacements: Replacements;
  readonly reversals: SaleReversals;
  readonly wristbands: Wristbands;
  readonly boxes: Boxes;
  readonly quarantine: Quarantine;
}
