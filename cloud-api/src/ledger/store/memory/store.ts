/**
 * A store in this process's memory, for a festival that is played in it: nothing is waited for but promises, so that a run is the
 * same each time. One transaction runs after the other, which is all the locking there is; one that throws leaves nothing.
 */
import type { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { BoxRecord } from '../boxes.ts';
import type { Ledger, Store } from '../store.ts';
import { balancesIn } from './balances.ts';
import { boxesIn } from './boxes.ts';
import { caseFileIn } from './case-file.ts';
import { chipsIn } from './chips.ts';
import { creditListsIn } from './credit-lists.ts';
import { type EventTables, eventTables } from './event-tables.ts';
import { journalsIn } from './journals.ts';
import { quarantineIn } from './quarantine.ts';
import { replacementsIn } from './replacements.ts';
import { saleReversalsIn } from './sale-reversals.ts';
import { Undo } from './undo.ts';
import { wristbandsIn } from './wristbands.ts';

/** Where a transaction can be made to fail: what is thrown here is thrown by `within`, and nothing is kept. */
export interface StoreFaults {
  begin?(): void;
  /** After all of its work. */
  commit?(): void;
}

export interface MemoryStore extends Store {
  /** What stands elsewhere than in the ledger: an event, and the key sets that it has. */
  addEvent(tenantId: TenantId, eventId: EventId, keySets: readonly number[]): void;
  addBox(tenantId: TenantId, eventId: EventId, box: BoxRecord): void;
}

export function memoryStore(faults: StoreFaults = {}): MemoryStore {
  const events = new Map<string, { readonly tables: EventTables; readonly ledger: Ledger }>();
  const undo = new Undo();
  let last: Promise<unknown> = Promise.resolve();

  const add = (tenantId: TenantId, eventId: EventId, keySets: ReadonlySet<number> | null) => {
    const tables = eventTables(eventId, keySets, undo);
    const event = { tables, ledger: ledgerOf(tables) };
    events.set(`${tenantId}/${eventId}`, event);
    return event;
  };
  const find = (tenantId: TenantId, eventId: EventId) =>
    events.get(`${tenantId}/${eventId}`) ?? add(tenantId, eventId, null);

  const once = async <T>(ledger: Ledger, work: (ledger: Ledger) => Promise<T>): Promise<T> => {
    try {
      faults.begin?.();
      const result = await work(ledger);
      faults.commit?.();
      undo.forget();
      return result;
    } catch (error) {
      undo.takeBack();
      throw error;
    }
  };

  return {
    within(tenantId, eventId, work) {
      const run = last.then(() => once(find(tenantId, eventId).ledger, work));
      last = run.catch(() => undefined);
      return run;
    },
    addEvent(tenantId, eventId, keySets) {
      add(tenantId, eventId, new Set(keySets));
    },
    addBox(tenantId, eventId, box) {
      find(tenantId, eventId).tables.boxes.insert(String(box.box), box);
      undo.forget();
    },
  };
}

function ledgerOf(tables: EventTables): Ledger {
  return {
    eventId: tables.eventId,
    journals: journalsIn(tables),
    chips: chipsIn(tables),
    credits: creditListsIn(tables),
    balances: balancesIn(tables),
    cases: caseFileIn(tables),
    replacements: replacementsIn(tables),
    reversals: saleReversalsIn(tables),
    wristbands: wristbandsIn(tables),
    boxes: boxesIn(tables),
    quarantine: quarantineIn(tables),
  };
}
