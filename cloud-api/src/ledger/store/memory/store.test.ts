import type { BoxId, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { expect, test } from 'vitest';
import { storeContract } from '../store.contract.ts';
import { type MemoryStore, memoryStore } from './store.ts';

const TENANT = 1 as TenantId;

function addEvent(store: MemoryStore, eventId: EventId, boxes: readonly BoxId[]): void {
  store.addEvent(TENANT, eventId, [1]);
  for (const box of boxes) {
    store.addBox(TENANT, eventId, {
      box,
      name: `box ${box}`,
      state: 'enrolled',
      ed25519PublicKey: new Uint8Array(32).fill(box),
      enrolledAtMs: 0,
      revokedAtMs: null,
    });
  }
}

storeContract('in memory', async () => {
  const store = memoryStore();
  let events = 0;
  return {
    store,
    async addEvent(boxes) {
      const eventId = ++events as EventId;
      addEvent(store, eventId, boxes);
      return { tenantId: TENANT, eventId };
    },
    close: async () => undefined,
  };
});

test.each(['begin', 'commit'] as const)(
  'a store that fails at %s keeps nothing of that transaction',
  async when => {
    let isAway = true;
    const store = memoryStore({
      [when]: () => {
        if (isAway) throw new Error('away');
      },
    });
    const eventId = 1 as EventId;
    addEvent(store, eventId, []);
    const addOne = () =>
      store.within(TENANT, eventId, ({ balances }) =>
        balances.add(3 as BoxId, new Map([[accounts.onlineClearing, 1]])),
      );
    await expect(addOne()).rejects.toThrow('away');
    isAway = false;
    await addOne();
    const all = await store.within(TENANT, eventId, ({ balances }) => balances.all());
    expect(all).toEqual([{ account: accounts.onlineClearing, amountMinor: 1 }]);
  },
);
