/** What everybody on a site agrees on before the gates open: the event, its keys, the cloud's key, the plan. */
import type { KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import type { EventId, KeySetNumber, TillId } from '@pulsera/firmware-protocol/ids';
import { Plan, signPlan } from '@pulsera/firmware-protocol/wire/plan';
import type { z } from 'zod';
import type { Chance } from './chance.ts';
import { type SigningKey, signingKey } from './signing-key.ts';

export interface Festival {
  readonly event: EventId;
  readonly keySet: KeySet;
  readonly cloudKey: SigningKey;
  readonly plan: Plan;
  readonly signedPlan: Uint8Array;
}

/** Where virtual time begins, as people tell it: epoch milliseconds. */
export const GATES_OPEN_MS = Date.UTC(2026, 6, 17, 14);

const EVENT = 7 as EventId;
const FIRST_KEY_SET = 1 as KeySetNumber;

/** @param tills of all boxes; @param change of the plan, for a rehearsal that wants other caps or prices */
export function festival(
  chance: Chance,
  tills: readonly TillId[],
  change: Partial<z.input<typeof Plan>> = {},
): Festival {
  const secrets = chance.of('keys');
  const cloudKey = signingKey(secrets);
  const plan = Plan.parse({ ...planFor(tills), ...change });
  return {
    event: EVENT,
    keySet: {
      number: FIRST_KEY_SET,
      purse: secrets.bytes(16),
      access: secrets.bytes(16),
      password: secrets.bytes(16),
    },
    cloudKey,
    plan,
    signedPlan: signPlan(plan, cloudKey.sign),
  };
}

const planFor = (tills: readonly TillId[]): z.input<typeof Plan> => ({
  version: 1,
  eventId: EVENT,
  event: {
    name: 'Rehearsal',
    currency: 'EUR',
    exponent: 2,
    timeZone: 'Europe/Berlin',
    endsAtMs: GATES_OPEN_MS,
  },
  stands: [{ id: 'bar', name: 'Bar' }],
  products: [
    { id: 'beer', name: 'Beer', kind: 'sale', priceMinor: 500, taxRateBp: 1900, depositMinor: 100 },
    { id: 'water', name: 'Water', kind: 'sale', priceMinor: 200, taxRateBp: 700, depositMinor: 0 },
    { id: 'cup', name: 'Cup', kind: 'deposit-return', priceMinor: 0, taxRateBp: 0, depositMinor: 100 },
  ],
  prices: [],
  tills: tills.map(id => ({ id, stand: 'bar', name: id, kind: 'bar' as const })),
  staff: [
    { id: 'sam', name: 'Sam', role: 'seller' },
    { id: 'bo', name: 'Bo', role: 'supervisor' },
  ],
  zones: [],
  rules: {},
  caps: { chargeMinor: 10_000, chipMinor: 50_000, boxOfflineMinor: 10_000_000, terminalMinor: 10_000_000 },
  keySets: [FIRST_KEY_SET],
});
