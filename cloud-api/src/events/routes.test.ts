import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { openPlan } from '@pulsera/firmware-protocol/wire/plan';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival, NEW_EVENT, stockFestival } from '../../test/festival.ts';
import { verifierOf } from '../keys/ed25519.ts';

let cloud: TestCloud;
let festival: Festival;

beforeAll(async () => {
  cloud = await testCloud();
  festival = await createFestival(cloud);
  await stockFestival(cloud, festival);
});
afterAll(() => cloud[Symbol.asyncDispose]());

const publish = async () => {
  const answer = await cloud.call('POST', `${festival.path}/plans`);
  expect(answer.status).toBe(201);
  const { signedPlan } = z.strictObject({ version: z.int(), signedPlan: z.string() }).parse(answer.body);
  return openPlan(fromHex(signedPlan), verifierOf(cloud.cloud.signer.publicKey));
};

test('an event comes back as it was made, with the decimals of its currency', async () => {
  const answer = await cloud.call('GET', festival.path);
  expect(answer).toMatchObject({
    status: 200,
    body: { ...NEW_EVENT, eventId: festival.eventId, exponent: 2 },
  });
});

test.each([
  ['a currency nobody sells in', { currency: 'XXX' }, 'currency-unknown'],
  ['a time zone that is none', { timeZone: 'Europe/Atlantis' }, 'time-zone-unknown'],
  ['an end before its start', { endsAtMs: NEW_EVENT.startsAtMs }, 'request-invalid'],
  ['a field that nobody knows', { colour: 'green' }, 'request-invalid'],
  ['a fraction of a cent', { caps: { ...NEW_EVENT.caps, chargeMinor: 0.5 } }, 'request-invalid'],
])('an event with %s is refused', async (_, change, code) => {
  const answer = await cloud.call('POST', `/v1/tenants/${festival.tenantId}/events`, {
    body: { ...NEW_EVENT, ...change },
  });
  expect(answer).toMatchObject({ status: 400, body: { code } });
});

test('an event of a tenant that isn’t there is refused', async () => {
  const answer = await cloud.call('POST', '/v1/tenants/4711/events', { body: NEW_EVENT });
  expect(answer).toMatchObject({ status: 404, body: { code: 'tenant-unknown' } });
});

test('one tenant’s path doesn’t lead to another’s event', async () => {
  const other = await createFestival(cloud);
  const crossed = `/v1/tenants/${other.tenantId}/events/${festival.eventId}`;
  expect(await cloud.call('GET', crossed)).toMatchObject({ status: 404, body: { code: 'event-unknown' } });
  const stand = await cloud.call('POST', `${crossed}/stands`, { body: { id: 'x', name: 'X' } });
  expect(stand).toMatchObject({ status: 404, body: { code: 'event-unknown' } });
  expect(await cloud.call('POST', `${crossed}/plans`)).toMatchObject({ status: 404 });
});

test('the same stand twice is refused, and so is a till at a stand that isn’t there', async () => {
  const again = await cloud.call('POST', `${festival.path}/stands`, { body: { id: 'bar', name: 'Again' } });
  expect(again).toMatchObject({ status: 409, body: { code: 'already-exists' } });
  const till = { id: 't', stand: 'nowhere', name: 'T', kind: 'bar' };
  const lost = await cloud.call('POST', `${festival.path}/tills`, { body: till });
  expect(lost).toMatchObject({ status: 404, body: { code: 'stand-unknown' } });
});

test('a plan holds what people edited, signed, and each one is a version higher', async () => {
  const first = await publish();
  const second = await publish();
  expect(first).toMatchObject({
    eventId: festival.eventId,
    event: { currency: 'EUR', exponent: 2, timeZone: 'Europe/Vienna', endsAtMs: NEW_EVENT.endsAtMs },
    stands: [{ id: 'bar' }, { id: 'cash' }],
    products: [{ id: 'beer', priceMinor: 550 }, { id: 'cup' }, { id: 'water', stand: 'bar' }],
    tills: [
      { id: 'bar-1', kind: 'bar' },
      { id: 'cash-1', kind: 'topup' },
    ],
    staff: [{ id: 'ana', role: 'seller' }],
    caps: NEW_EVENT.caps,
    keySets: [1],
  });
  expect(second).toMatchObject({ version: first.version + 1, previous: first.version });
});

test('plans published at once get versions of their own', async () => {
  const plans = await Promise.all([publish(), publish(), publish(), publish()]);
  expect(new Set(plans.map(plan => plan.version)).size).toBe(4);
});

test('a rolled key set is in the next plan', async () => {
  expect(await cloud.call('POST', `${festival.path}/key-sets`)).toMatchObject({
    status: 201,
    body: { number: 2 },
  });
  expect((await publish()).keySets).toEqual([1, 2]);
});

test('keys lie in the database sealed, never in the clear', async () => {
  const { rows } = await cloud.database.asOwner('SELECT * FROM key_set');
  for (const row of rows) {
    expect(row.purse_sealed).toHaveLength(12 + 16 + 16);
    const place = `key-set/${row.tenant_id}/${row.event_id}/${row.number}/purse`;
    expect(cloud.cloud.vault.open(row.purse_sealed, place)).toHaveLength(16);
    expect(() => cloud.cloud.vault.open(row.access_sealed, place)).toThrow(/master key/);
  }
});

const row = (id: string, change = {}) => ({
  id,
  name: id,
  kind: 'sale',
  priceMinor: 400,
  taxRateBp: 2000,
  depositMinor: 0,
  ...change,
});

test('a catalogue with bad rows names every one of them and changes nothing', async () => {
  const before = await publish();
  const rows = [
    row('fine'),
    row('Bad Id'),
    row('dear', { priceMinor: -1 }),
    row('lost', { stand: 'nowhere' }),
    row('fine'),
    row('odd', { colour: 'red' }),
    row('cup-2', { kind: 'deposit-return' }),
    'no row at all',
  ];
  const answer = await cloud.call('PUT', `${festival.path}/catalogue`, { body: { rows } });
  expect(answer.status).toBe(400);
  const { code, detail } = z
    .looseObject({ code: z.string(), detail: z.record(z.string(), z.string()) })
    .parse(answer.body);
  expect(code).toBe('catalogue-invalid');
  expect(Object.keys(detail).sort()).toEqual([
    'rows.1.id',
    'rows.2.priceMinor',
    'rows.3.stand',
    'rows.4.id',
    'rows.5',
    'rows.6.depositMinor',
    'rows.6.priceMinor',
    'rows.7',
  ]);
  expect((await publish()).products).toEqual(before.products);
});

test('a catalogue that names a stand’s own price for a product that isn’t there changes nothing', async () => {
  const before = await publish();
  const body = { rows: [row('new-one')], prices: [{ stand: 'bar', product: 'nothing', priceMinor: 1 }] };
  const answer = await cloud.call('PUT', `${festival.path}/catalogue`, { body });
  expect(answer).toMatchObject({ status: 404, body: { code: 'product-unknown' } });
  expect((await publish()).products).toEqual(before.products);
});

test('importing a catalogue again changes its products and keeps the others', async () => {
  const put = (priceMinor: number) =>
    cloud.call('PUT', `${festival.path}/catalogue`, {
      body: {
        rows: [row('soda', { priceMinor })],
        prices: [{ stand: 'bar', product: 'soda', priceMinor: 1 }],
      },
    });
  expect(await put(300)).toMatchObject({ status: 200, body: { imported: 1 } });
  await put(350);
  const plan = await publish();
  expect(plan.products.find(product => product.id === 'soda')?.priceMinor).toBe(350);
  expect(plan.products.some(product => product.id === 'beer')).toBe(true);
  expect(plan.prices).toEqual([{ stand: 'bar', product: 'soda', priceMinor: 1 }]);
});

const wristband = (n: number, change = {}) => ({
  uid: n.toString(16).padStart(14, '0'),
  wallet: n.toString(16).padStart(16, '0'),
  generation: 1,
  ageClass: 0,
  keySet: 1,
  rootImage: 'ab'.repeat(20),
  ...change,
});
const register = (wristbands: unknown[]) =>
  cloud.call('POST', `${festival.path}/wristbands`, { body: { wristbands } });

test('wristbands are registered by the thousand, and reporting them again does nothing', async () => {
  const many = Array.from({ length: 3000 }, (_, i) => wristband(i + 1));
  expect(await register(many)).toMatchObject({ status: 200, body: { registered: 3000, known: 0 } });
  expect(await register([...many.slice(0, 5), wristband(9001)])).toMatchObject({
    body: { registered: 1, known: 5 },
  });
});

test('a wristband that is registered otherwise is named, and nothing is registered', async () => {
  const answer = await register([
    wristband(9101),
    wristband(1, { rootImage: 'cd'.repeat(20) }),
    wristband(9102, { wallet: wristband(2).wallet }),
  ]);
  expect(answer).toMatchObject({ status: 409, body: { code: 'wristbands-conflict' } });
  const { detail } = z.looseObject({ detail: z.record(z.string(), z.string()) }).parse(answer.body);
  expect(Object.keys(detail).sort()).toEqual([wristband(1).uid, wristband(9102).uid]);
  expect(await register([wristband(9101)])).toMatchObject({ body: { registered: 1 } });
});

test('one wristband twice in a list, or under a key set that isn’t there, is refused', async () => {
  expect(await register([wristband(9201), wristband(9201)])).toMatchObject({
    status: 400,
    body: { code: 'wristbands-invalid' },
  });
  expect(await register([wristband(9202, { keySet: 77 })])).toMatchObject({
    status: 404,
    body: { code: 'key-set-unknown' },
  });
});
