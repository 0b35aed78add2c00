/** What every store must do, whatever stands behind it. What the flows make of it is in their own tests. Only tests import this. */
import type { BoxId, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { boxesContract } from './boxes.contract.ts';
import { chipsContract } from './chips.contract.ts';
import { journalsContract } from './journals.contract.ts';
import { moneyContract } from './money.contract.ts';
import { BOX, OTHER_BOX } from './sample.contract.ts';
import type { Ledger, Store } from './store.ts';
import { transactionsContract } from './transactions.contract.ts';

export interface Place {
  readonly tenantId: TenantId;
  readonly eventId: EventId;
}

export interface StoreRig {
  readonly store: Store;
  /** With key set 1, and these boxes enrolled. @param tenantId whose; left out: any tenant, which may be a new one */
  addEvent(boxes: readonly BoxId[], tenantId?: TenantId): Promise<Place>;
  close(): Promise<void>;
}

/** A transaction of the event that the check is about: each has a new one, with two boxes. */
export type Within = <T>(work: (ledger: Ledger) => Promise<T>) => Promise<T>;

export function storeContract(name: string, makeRig: () => Promise<StoreRig>): void {
  describe(`a store: ${name}`, () => {
    let rig: StoreRig;
    let at: Place;
    beforeAll(async () => {
      rig = await makeRig();
    });
    afterAll(() => rig.close());
    beforeEach(async () => {
      at = await rig.addEvent([BOX.box, OTHER_BOX]);
    });
    const within: Within = work => rig.store.within(at.tenantId, at.eventId, work);

    transactionsContract(
      within,
      () => rig,
      () => at,
    );
    journalsContract(
      within,
      () => rig,
      () => at,
    );
    chipsContract(within);
    moneyContract(within);
    boxesContract(within);
  });
}
