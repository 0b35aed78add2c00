/** A plan: its JSON, as if the cloud had signed it. */

import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { sign1 } from '@pulsera/firmware-protocol/journal/cose';
import { encodeCanonical } from '@pulsera/firmware-protocol/wire/canonical-json';
import { openPlan, type Plan, signPlan } from '@pulsera/firmware-protocol/wire/plan';
import { attempt, holds, type Target } from '../target.ts';

const SIGNATURE = new Uint8Array(64).fill(7);
const DECLARED = ['json-not-canonical', 'plan-invalid'];

const SAMPLE = {
  version: 7,
  eventId: 4242,
  event: { name: 'Été', currency: 'EUR', exponent: 2, timeZone: 'Europe/Paris', endsAtMs: 1_784_318_400_000 },
  stands: [
    { id: 'main-bar', name: 'Main bar' },
    { id: 'cash', name: 'Cash' },
  ],
  products: [
    { id: 'lager', name: 'Lager', kind: 'sale', priceMinor: 450, taxRateBp: 2000, depositMinor: 100 },
    {
      id: 'cup',
      name: 'Cup',
      kind: 'deposit-return',
      stand: 'main-bar',
      priceMinor: 0,
      taxRateBp: 0,
      depositMinor: 100,
    },
  ],
  prices: [{ stand: 'cash', product: 'lager', priceMinor: 500 }],
  tills: [{ id: 'bar-1', stand: 'main-bar', name: 'Bar 1', kind: 'bar' }],
  staff: [{ id: 'ann', name: 'Ann', role: 'supervisor' }],
  zones: [],
  rules: {},
  caps: { chargeMinor: 10_000, chipMinor: 50_000, boxOfflineMinor: 1_000_000, terminalMinor: 100_000 },
  keySets: [1, 2],
  previous: 6,
};

export const target: Target = {
  shape: 'json',
  seeds: [encodeCanonical(SAMPLE)],
  words: [
    'main-bar',
    'lager',
    'cup',
    'deposit-return',
    'EUR',
    'JPY',
    'constructor',
    '__proto__',
    'previous',
    'stand',
  ],
  run: input => {
    const signed = sign1('pulsera/plan', input, () => SIGNATURE);
    const plan = attempt(DECLARED, () => openPlan(signed, () => true));
    if (plan === undefined) return false;
    const again = signPlan(plan as Plan, () => SIGNATURE);
    holds(equalBytes(again, signed), 'the plan is other bytes when signed again');
    return true;
  },
};
