/** Everything that is kept of one event. */
import type { BoxId, EventId, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import type { Case } from '../../case.ts';
import { refText } from '../../chip-state.ts';
import type { RightMoved } from '../../reversal-rights.ts';
import type { SaleReversal } from '../../reversals.ts';
import type { BoxRecord } from '../boxes.ts';
import type { ListedCredit } from '../credit-lists.ts';
import type { JournalRow, ListedHead } from '../journals.ts';
import type { QuarantinedBatch } from '../quarantine.ts';
import type { Replacement } from '../replacements.ts';
import type { Wristband } from '../wristbands.ts';
import type { ChipRow } from './chips.ts';
import { Table } from './table.ts';
import type { Undo } from './undo.ts';

export interface EventTables {
  readonly eventId: EventId;
  /** Null where there is no such event: rows that refer to it are refused. */
  readonly keySets: ReadonlySet<number> | null;
  readonly heads: Table<ListedHead>;
  /** By chip. */
  readonly journal: Table<JournalRow & TapRef>;
  /** By wallet. */
  readonly chips: Table<ChipRow>;
  /** By wallet. */
  readonly credits: Table<ListedCredit>;
  readonly references: Table<ListedCredit>;
  /** By account. */
  readonly balances: Table<{ readonly account: Account; readonly amountMinor: number }>;
  /** By kind and subject. */
  readonly cases: Table<Case>;
  /** By wallet. */
  readonly replacements: Table<Replacement>;
  /** By sale. */
  readonly reversals: Table<SaleReversal>;
  /** By sale. */
  readonly rights: Table<RightMoved & { readonly sale: TapRef }>;
  readonly wristbands: Table<Wristband & { readonly state: 'active' | 'blocked' | 'replaced' }>;
  readonly generations: Table<true>;
  readonly boxes: Table<BoxRecord>;
  readonly contacts: Table<{ readonly box: BoxId; readonly heardMs: number }>;
  readonly quarantine: Table<QuarantinedBatch>;
}

export function eventTables(eventId: EventId, keySets: ReadonlySet<number> | null, undo: Undo): EventTables {
  return {
    eventId,
    keySets,
    heads: new Table('journal_head', undo),
    journal: new Table('journal', undo, ({ uid }) => uid),
    chips: new Table('chip_state', undo, ({ wallet }) => wallet),
    credits: new Table('wallet_credit', undo, ({ wallet }) => wallet),
    references: new Table('wallet_credit_reference', undo),
    balances: new Table('balance', undo, ({ account }) => account),
    cases: new Table('case_file', undo),
    replacements: new Table('replacement', undo, ({ wallet }) => wallet),
    reversals: new Table('sale_reversal', undo, ({ sale }) => refText(sale)),
    rights: new Table('reversal_right', undo, ({ sale }) => refText(sale)),
    wristbands: new Table('wristband', undo),
    generations: new Table('wristband_wallet', undo),
    boxes: new Table('edge', undo),
    contacts: new Table('box_contact', undo),
    quarantine: new Table('quarantine', undo),
  };
}
