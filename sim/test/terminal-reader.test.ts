/** A till that brings its own reader: scripts over MQTT, and the whole tap through them. */
import { randomUUID } from 'node:crypto';
import type { TapId, TillId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import { TapResult } from '@pulsera/firmware-protocol/wire/till';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { airClock } from '../src/demo/world.ts';
import { Site, SPARE_TILL } from './site.ts';

let site: Site;
let client: MqttClient;
let reader: VirtualReader;
let results: TapResult[];

const topic = (leaf: string) => `till/${SPARE_TILL}/${leaf}`;
const say = (leaf: string, message: object) =>
  client.publishAsync(topic(leaf), JSON.stringify(message), { qos: 1 });

beforeAll(async () => {
  site = await Site.open(1);
  const box = site.boxes[0]?.box;
  if (box === undefined) throw new Error('one box');
  const { ca, cert, key, serverName } = await box.issueTerminal(SPARE_TILL);
  client = await mqtt.connectAsync(`mqtts://127.0.0.1:${box.mqttPort}`, {
    protocolVersion: 4,
    clientId: SPARE_TILL,
    ca,
    cert,
    key,
    servername: serverName,
  });
  reader = new VirtualReader({ name: 'own', clock: airClock, via: 'terminal' });
  results = [];
  const server = serveReader(reader, {
    answer: answer => void say('reader/answer', answer),
    field: field => void say('reader/field', field),
  });
  client.on('message', (from, payload) => {
    const message: unknown = JSON.parse(payload.toString());
    if (from === topic('reader/script')) void server.run(ReaderScript.parse(message));
    if (from === topic('result')) results.push(TapResult.parse(message));
  });
  await client.subscribeAsync([topic('result'), topic('reader/script')], { qos: 1 });
  await client.publishAsync(topic('presence'), '{"online":true}', { qos: 1, retain: true });
  server.announce();
}, 60_000);

afterAll(async () => {
  await client.endAsync(true);
  await site.close();
});

test('money goes onto a chip through the reader of a till, and the journal says whose claim that is', async () => {
  const chip = await site.wristband(1);
  const tapId = randomUUID() as TapId;
  await say('topup', { tapId, operator: null, shift: null, amountMinor: 900, tender: 'cash' });
  await reader.present(chip);
  await vi.waitFor(() => expect(results).toHaveLength(1), { timeout: 10_000 });
  await reader.remove();
  expect(results[0]).toMatchObject({ tapId, outcome: 'approved', balanceMinor: 900 });
  const journal = site.boxes[0]?.box.journal;
  const entries = journal?.entriesAfter(0 as never, 100, 1e6).map(content => decodeEntry(content));
  expect(entries?.find(({ kind }) => kind === 'tap')?.body).toMatchObject({
    via: 'terminal',
    till: SPARE_TILL as TillId,
  });
});
