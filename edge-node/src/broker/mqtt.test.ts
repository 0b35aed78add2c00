import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { createMqtt, type MqttRules } from './mqtt.ts';

const nothing = () => undefined;
const RULES: MqttRules = {
  keepaliveS: 60,
  unsentBytes: 1,
  isCurrent: () => true,
  refuse: nothing,
  ready: nothing,
  heard: nothing,
  failed: nothing,
};

test('writing a packet leaves no Buffer for each number there is in memory', async () => {
  const aedes = await createMqtt(RULES);
  onTestFinished(() => void aedes.close());
  const ofAedes = createRequire(import.meta.resolve('aedes'));
  const { cache }: { cache: object } = ofAedes('mqtt-packet/numbers');
  const wire = new PassThrough();
  ofAedes('mqtt-packet').writeToStream({ cmd: 'puback', messageId: 0x1234 }, wire);
  await new Promise(resolve => wire.once('readable', resolve));
  expect(wire.read()).toEqual(Buffer.from([0x40, 2, 0x12, 0x34]));
  expect(Object.keys(cache)).toEqual([]);
});
