/** What a till must not say, said all the same over MQTT and TLS to a whole box: each is answered by name, and the till goes on. */
import { randomUUID } from 'node:crypto';
import type { EventId, Generation, KeySetNumber, WalletId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { personaliseWristband } from '@pulsera/firmware-protocol/wristband';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { airClock } from '../src/demo/world.ts';
import { buyBeer, Site, type SiteBox, SPARE_TILL, topUp } from './site.ts';

let site: Site;
let one: SiteBox;
let client: MqttClient;
const answers: Record<string, unknown>[] = [];

beforeAll(async () => {
  site = await Site.open(1);
  const [first] = site.boxes;
  if (first === undefined) throw new Error('one box');
  one = first;
  const { ca, cert, key, serverName } = await one.box.issueTerminal(SPARE_TILL);
  client = await mqtt.connectAsync(`mqtts://127.0.0.1:${one.box.mqttPort}`, {
    protocolVersion: 4,
    clientId: SPARE_TILL,
    ca,
    cert,
    key,
    servername: serverName,
    reconnectPeriod: 0,
  });
  client.on('message', (_, payload) => answers.push(JSON.parse(payload.toString())));
  await client.subscribeAsync(`till/${SPARE_TILL}/result`, { qos: 1 });
}, 60_000);

afterAll(async () => {
  await client.endAsync(true);
  await site.close();
});

/** The next answer after this was said. */
async function said(leaf: string, payload: string | Buffer): Promise<Record<string, unknown> | undefined> {
  const before = answers.length;
  await client.publishAsync(`till/${SPARE_TILL}/${leaf}`, payload, { qos: 1 });
  await vi.waitFor(() => expect(answers.length).toBeGreaterThan(before), { timeout: 10_000 });
  return answers[before];
}

const noOne = { operator: null, shift: null };
const charge = (line: object, more: object = {}) =>
  JSON.stringify({ tapId: randomUUID(), saleId: randomUUID(), ...noOne, lines: [line], ...more });

test.each([
  ['nothing', ''],
  ['half of an object', '{"tapId":'],
  ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d])],
  ['60 KB of brackets', '['.repeat(60_000)],
])('%s is no JSON', async (_, payload) => {
  expect(await said('charge', payload)).toMatchObject({ requestId: null, code: 'message-malformed' });
});

test.each([
  ['an unknown field', charge({ product: 'beer', quantity: 1 }, { priceMinor: 1 }), 'priceMinor'],
  ['a price in a line', charge({ product: 'beer', quantity: 1, priceMinor: 1 }), 'priceMinor'],
  ['a quantity of zero', charge({ product: 'beer', quantity: 0 }), 'lines.0.quantity'],
  ['a negative quantity', charge({ product: 'beer', quantity: -1 }), 'lines.0.quantity'],
  ['a quantity of 10⁹', charge({ product: 'beer', quantity: 1_000_000_000 }), 'lines.0.quantity'],
  [
    'a negative top-up',
    JSON.stringify({ tapId: randomUUID(), ...noOne, amountMinor: -500, tender: 'cash' }),
    'amountMinor',
  ],
])('%s is refused by its path', async (_, payload, path) => {
  const leaf = path === 'amountMinor' ? 'topup' : 'charge';
  const answer = await said(leaf, payload);
  expect(answer).toMatchObject({
    tapId: JSON.parse(payload).tapId,
    outcome: 'fault',
    code: 'message-invalid',
  });
  expect(answer?.message).toContain(path);
});

test('a product there is not is named as such', async () => {
  const payload = charge({ product: 'gold', quantity: 1 });
  expect(await said('charge', payload)).toMatchObject({
    tapId: JSON.parse(payload).tapId,
    code: 'product-unknown',
  });
});

test('cash that nobody owes is refused, and the journal remembers who asked for it', async () => {
  const request = { requestId: randomUUID(), tapId: randomUUID(), operator: null };
  expect(await said('drawer-paid', JSON.stringify(request))).toMatchObject({ code: 'cash-out-unknown' });
  await vi.waitFor(() => {
    const entries = one.box.journal.entriesAfter(0 as never, 100, 1e6).map(content => decodeEntry(content));
    expect(entries.filter(({ kind }) => kind === 'fault')).toMatchObject([
      { body: { code: 'cash-out-unknown', till: SPARE_TILL } },
    ]);
  });
});

test('after all of that the till is still served, and nothing was journaled as a tap', async () => {
  const lines = [{ product: 'beer', quantity: 2 }];
  const requestId = randomUUID();
  expect(await said('quote', JSON.stringify({ requestId, lines }))).toMatchObject({
    requestId,
    totalMinor: 1_000,
  });
  expect(client.connected).toBe(true);
  expect(one.box.journal.views.pendingCount()).toBe(0);
});

test('a wristband of another event is declined, and not a byte of it changes', async () => {
  const chip = new VirtualChip('04cafe00cafe01');
  const bench = new VirtualReader({ name: 'elsewhere', clock: airClock });
  await bench.present(chip);
  const made = await personaliseWristband(bench, {
    event: 4_711 as EventId,
    keySet: {
      number: 1 as KeySetNumber,
      purse: new Uint8Array(16).fill(1),
      access: new Uint8Array(16).fill(2),
      password: new Uint8Array(16).fill(3),
    },
    wallet: 'feedfacecafebeef' as WalletId,
    generation: 1 as Generation,
    ageClass: 0,
    nonce: 7,
  });
  await bench.remove();
  expect(made.kind).toBe('made');
  const before = chip.image().memory;
  expect(await topUp(one, chip, 500)).toMatchObject({ outcome: 'declined', reason: 'chip-foreign' });
  expect(await buyBeer(one, chip)).toMatchObject({ outcome: 'declined', reason: 'chip-foreign' });
  expect(chip.image().memory).toEqual(before);
});
