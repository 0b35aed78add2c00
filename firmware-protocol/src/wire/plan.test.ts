import { getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import { ProductId, StandId } from '../ids.ts';
import { sign1 } from '../journal/cose.ts';
import { encodeCanonical } from './canonical-json.ts';
import { openPlan, Plan, signPlan, standCatalogue } from './plan.ts';

hashes.sha512 = sha512;
const secret = new Uint8Array(32).fill(7);
const publicKey = getPublicKey(secret);
const signBytes = (message: Uint8Array) => sign(message, secret);
const verifyBytes = (signature: Uint8Array, message: Uint8Array) =>
  verify(signature, message, publicKey, { zip215: false });

const PLAN = {
  version: 4,
  eventId: 12,
  event: {
    name: 'Wiesenklang',
    currency: 'EUR',
    exponent: 2,
    timeZone: 'Europe/Vienna',
    endsAtMs: 1_800_000_000_000,
  },
  stands: [
    { id: 'bar', name: 'Main bar' },
    { id: 'backstage', name: 'Backstage' },
  ],
  products: [
    { id: 'beer', name: 'Beer', kind: 'sale', priceMinor: 550, taxRateBp: 2000, depositMinor: 200 },
    {
      id: 'wine',
      name: 'Wine',
      kind: 'sale',
      stand: 'backstage',
      priceMinor: 700,
      taxRateBp: 2000,
      depositMinor: 0,
    },
    { id: 'cup', name: 'Cup back', kind: 'deposit-return', priceMinor: 0, taxRateBp: 0, depositMinor: 200 },
  ],
  prices: [{ stand: 'backstage', product: 'beer', priceMinor: 300 }],
  tills: [{ id: 'bar-1', stand: 'bar', name: 'Bar 1', kind: 'bar' }],
  staff: [{ id: 'ana', name: 'Ana', role: 'supervisor' }],
  zones: [],
  rules: {},
  caps: { chargeMinor: 15_000, chipMinor: 50_000, boxOfflineMinor: 2_000_000, terminalMinor: 200_000 },
  keySets: [1],
  previous: 3,
};

test('a plan comes out of its signature as it went in', () => {
  const plan = Plan.parse(PLAN);
  expect(openPlan(signPlan(plan, signBytes), verifyBytes)).toEqual(plan);
});

test('one byte of a signed plan changed, and it is refused', () => {
  const signed = signPlan(Plan.parse(PLAN), signBytes);
  for (let i = 0; i < signed.length; i += 41) {
    const changed = Uint8Array.from(signed, (byte, at) => (at === i ? byte ^ 1 : byte));
    expect(() => openPlan(changed, verifyBytes), `byte ${i}`).toThrow();
  }
});

test('a signed plan of another shape is refused by path: a plan of a newer cloud is not half understood', () => {
  const newer = { ...PLAN, zones: [{ id: 'camping' }], colours: true };
  const signed = sign1('pulsera/plan', encodeCanonical(newer), signBytes);
  expect(() => openPlan(signed, verifyBytes)).toThrow(
    expect.objectContaining({
      code: 'plan-invalid',
      detail: expect.objectContaining({ 'zones.0': expect.anything() }),
    }),
  );
});

test('a stand sells what is sold everywhere and what is its own, at its own prices', () => {
  const plan = Plan.parse(PLAN);
  const pricesAt = (stand: string) =>
    Object.fromEntries(
      [...standCatalogue(plan, StandId.parse(stand))].map(([id, product]) => [id, product.priceMinor]),
    );
  expect(pricesAt('bar')).toEqual({ beer: 550, cup: 0 });
  expect(pricesAt('backstage')).toEqual({ beer: 300, wine: 700, cup: 0 });
  expect(standCatalogue(plan, StandId.parse('bar')).has(ProductId.parse('wine'))).toBe(false);
});

test('what costs nothing at a stand is free there', () => {
  const plan = Plan.parse({ ...PLAN, prices: [{ stand: 'backstage', product: 'beer', priceMinor: 0 }] });
  const beer = ProductId.parse('beer');
  expect(standCatalogue(plan, StandId.parse('backstage')).get(beer)?.priceMinor).toBe(0);
  expect(standCatalogue(plan, StandId.parse('bar')).get(beer)?.priceMinor).toBe(550);
});

test.each([
  ['a stand twice', { stands: [...PLAN.stands, PLAN.stands[0]] }, 'stands.2'],
  [
    'a product at a stand there isn’t',
    { products: [{ ...PLAN.products[0], stand: 'none' }] },
    'products.0.stand',
  ],
  ['a till at a stand there isn’t', { tills: [{ ...PLAN.tills[0], stand: 'none' }] }, 'tills.0.stand'],
  ['a price for nothing', { prices: [{ stand: 'bar', product: 'none', priceMinor: 1 }] }, 'prices.0.product'],
  ['a price twice', { prices: [PLAN.prices[0], PLAN.prices[0]] }, 'prices.1'],
  [
    'a price for a cup that comes back',
    { prices: [{ stand: 'bar', product: 'cup', priceMinor: 1 }] },
    'prices.0.product',
  ],
  [
    'a price where it isn’t sold',
    { prices: [{ stand: 'bar', product: 'wine', priceMinor: 1 }] },
    'prices.0.stand',
  ],
  [
    'a cup return that costs',
    { products: [{ ...PLAN.products[2], priceMinor: 1 }] },
    'products.0.priceMinor',
  ],
  [
    'a cup return that gives nothing',
    { products: [{ ...PLAN.products[2], depositMinor: 0 }] },
    'products.0.depositMinor',
  ],
  ['decimals its currency hasn’t', { event: { ...PLAN.event, currency: 'JPY' } }, 'event.exponent'],
  ['a currency there isn’t', { event: { ...PLAN.event, currency: 'XXX' } }, 'event.currency'],
  ['a charge above the chip', { caps: { ...PLAN.caps, chargeMinor: 60_000 } }, 'caps.chargeMinor'],
  ['a predecessor above it', { previous: 4 }, 'previous'],
  ['a negative price', { products: [{ ...PLAN.products[0], priceMinor: -1 }] }, 'products.0.priceMinor'],
  [
    'a price no chip can hold',
    { products: [{ ...PLAN.products[0], priceMinor: 2 ** 24 }] },
    'products.0.priceMinor',
  ],
  ['no key set', { keySets: [] }, 'keySets'],
])('a plan with %s is refused there', (_, change, path) => {
  const prices = Object.hasOwn(change, 'products') ? [] : PLAN.prices;
  const parsed = Plan.safeParse({ ...PLAN, ...{ prices }, ...change });
  expect(parsed.error?.issues.map(issue => issue.path.join('.'))).toContain(path);
});
