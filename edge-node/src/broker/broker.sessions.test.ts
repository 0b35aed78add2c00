import type { MqttClient } from 'mqtt';
import { expect, test, vi } from 'vitest';
import { closed, startBrokerBox } from '../../test/broker-box.ts';

const text = new TextEncoder();
const offline = (id: string) => ({
  topic: `till/${id}/presence`,
  payload: Buffer.from('{"online":false}'),
  qos: 1 as const,
  retain: true,
});

function messages(till: MqttClient): string[] {
  const got: string[] = [];
  till.on('message', (topic, payload) => void got.push(`${topic} ${payload.toString()}`));
  return got;
}

const gone = (till: MqttClient) => new Promise<void>(resolve => till.once('close', () => resolve()));

test('a request reaches the box with terminal, verb and bytes, and the answer reaches that till alone', async () => {
  const box = await startBrokerBox();
  const heard: string[] = [];
  box.broker.onRequest((terminalId, verb, payload) => {
    heard.push(`${terminalId} ${verb} ${Buffer.from(payload).toString()}`);
    box.broker.publish(terminalId, 'result', text.encode('green'));
  });
  const [one, two] = await Promise.all([box.till('bar-1'), box.till('bar-2')]);
  const [got, others] = [messages(one), messages(two)];
  await one.subscribeAsync('till/bar-1/result');
  await two.subscribeAsync('till/bar-2/result');
  await one.publishAsync('till/bar-1/charge', 'not even JSON', { qos: 1 });
  await one.publishAsync('till/bar-1/reader/answer', '\x00\xff', { qos: 0 });
  await vi.waitFor(() => expect(got).toEqual(['till/bar-1/result green', 'till/bar-1/result green']));
  expect(heard).toEqual(['bar-1 charge not even JSON', 'bar-1 reader/answer \x00\xff']);
  expect(others).toEqual([]);
});

test('a handler that throws is logged, and the next request is heard', async () => {
  const box = await startBrokerBox();
  const heard = vi.fn().mockImplementationOnce(() => {
    throw new Error('oops');
  });
  box.broker.onRequest(heard);
  const till = await box.till('bar-1');
  await till.publishAsync('till/bar-1/charge', '1', { qos: 1 });
  await till.publishAsync('till/bar-1/charge', '2', { qos: 1 });
  await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(2));
  expect(box.logged).toContainEqual(expect.objectContaining({ code: 'unexpected' }));
});

test('a request that was acknowledged was heard, even if the till hangs up upon the acknowledgement', async () => {
  const box = await startBrokerBox();
  const heard = vi.fn();
  box.broker.onRequest(heard);
  for (let round = 1; round <= 10; round++) {
    const till = await box.till('bar-1');
    await till.publishAsync('till/bar-1/charge', '{}', { qos: 1 });
    till.stream.destroy();
    expect(heard).toHaveBeenCalledTimes(round);
  }
});

test.each([
  ['till/bar-2/charge', {}, 'forbidden-topic'],
  ['box/state', {}, 'forbidden-topic'],
  ['$SYS/anything', {}, 'forbidden-topic'],
  ['till/bar-1/charge', { qos: 2 }, 'forbidden-qos'],
  ['till/bar-1/charge', { retain: true }, 'forbidden-retain'],
  ['till/bar-1/presence', {}, 'bad-presence'],
] as const)('publishing on %s with %j cuts the till and reaches nobody', async (topic, options, refusal) => {
  const box = await startBrokerBox();
  const heard = vi.fn();
  box.broker.onRequest(heard);
  const till = await box.till('bar-1');
  till.publish(topic, '{}', options);
  await gone(till);
  expect(box.refusals).toEqual([refusal]);
  expect(box.logged).toContainEqual(expect.objectContaining({ refusal, topic, terminalId: 'bar-1' }));
  expect(heard).not.toHaveBeenCalled();
});

test('a forbidden filter gets SUBACK 128, an allowed one in the same packet is granted, and the till stays', async () => {
  const box = await startBrokerBox();
  const till = await box.till('bar-1');
  const filters = ['#', '$SYS/#', 'till/bar-2/result', 'till/+/result', 'till/bar-1/result'];
  const granted = await new Promise(resolve =>
    till.subscribe(filters, (_error, _grants, packet) => resolve(packet?.granted)),
  );
  expect(granted).toEqual([128, 128, 128, 128, 0]);
  expect(box.refusals).toEqual(Array(4).fill('forbidden-subscription'));
  const got = messages(till);
  box.broker.publish('bar-2', 'result', text.encode('not yours'));
  box.broker.publish('bar-1', 'result', text.encode('yours'));
  await vi.waitFor(() => expect(got).toEqual(['till/bar-1/result yours']));
});

test('a wildcard over its own subtree brings a till the box, not its own words', async () => {
  const box = await startBrokerBox();
  const till = await box.till('bar-1');
  const got = messages(till);
  await till.subscribeAsync('till/bar-1/#');
  await till.publishAsync('till/bar-1/balance', '{}', { qos: 1 });
  box.broker.publish('bar-1', 'reader/script', text.encode('script'));
  await vi.waitFor(() => expect(got).toEqual(['till/bar-1/reader/script script']));
});

test('the state of box and reader is there for a till that comes later', async () => {
  const box = await startBrokerBox();
  box.broker.publishBoxState(text.encode('selling'));
  expect(box.broker.publish('bar-1', 'reader/state', text.encode('up'), { retain: true })).toBe(false);
  const till = await box.till('bar-1');
  const got = messages(till);
  await till.subscribeAsync(['box/state', 'till/bar-1/reader/state']);
  await vi.waitFor(() => expect(got.toSorted()).toEqual(['box/state selling', 'till/bar-1/reader/state up']));
  expect(box.broker.publish('bar-1', 'result', text.encode('now'))).toBe(true);
});

test.each([
  ['wrong-client-id', { clientId: 'bar-2' }, 2],
  ['session-not-clean', { clean: false }, 5],
  ['bad-keepalive', { keepalive: 0 }, 5],
  ['bad-will', { will: offline('bar-2') }, 5],
  ['wrong-protocol', { protocolVersion: 3, protocolId: 'MQIsdp' }, 5],
] as const)('%s is answered with a CONNACK that says no', async (refusal, options, code) => {
  const box = await startBrokerBox();
  await expect(box.turnedAway('bar-1', options)).resolves.toBe(code);
  expect(box.refusals).toEqual([refusal]);
  expect(box.broker.counts().sessions).toBe(0);
});

test("taking another till's client id does not disturb that till", async () => {
  const box = await startBrokerBox();
  const till = await box.till('bar-1');
  await box.turnedAway('bar-2', { clientId: 'bar-1' });
  await till.publishAsync('till/bar-1/balance', '{}', { qos: 1 });
  expect(box.broker.counts().sessions).toBe(1);
});

test('presence follows what the till says, and its last will when the cable goes', async () => {
  const box = await startBrokerBox();
  const signals: string[] = [];
  box.broker.onPresence((terminalId, online) => void signals.push(`${terminalId} ${online}`));
  const till = await box.till('bar-1', { will: offline('bar-1') });
  expect(box.broker.online()).toEqual([]);
  await till.publishAsync('till/bar-1/presence', '{"online":true}', { retain: true, qos: 1 });
  await vi.waitFor(() => expect(signals).toEqual(['bar-1 true']));
  expect(box.broker.online()).toEqual(['bar-1']);
  till.stream.destroy();
  await vi.waitFor(() => expect(signals).toEqual(['bar-1 true', 'bar-1 false']));
  expect(box.broker.online()).toEqual([]);
});

test.each([
  ['says goodbye', (till: MqttClient) => void till.end()],
  ['has no will and vanishes', (till: MqttClient) => void till.stream.destroy()],
  [
    'says that it is offline',
    (till: MqttClient) => void till.publish('till/bar-1/presence', '{"online":false}', { retain: true }),
  ],
])('a till that %s is offline, once', async (_how, leave) => {
  const box = await startBrokerBox();
  const signals: boolean[] = [];
  box.broker.onPresence((_terminalId, online) => void signals.push(online));
  const till = await box.till('bar-1');
  await till.publishAsync('till/bar-1/presence', '{"online":true}', { retain: true, qos: 1 });
  await vi.waitFor(() => expect(signals).toEqual([true]));
  leave(till);
  await vi.waitFor(() => expect(signals).toEqual([true, false]));
  till.end(true);
  await vi.waitFor(() => expect(box.broker.counts().sessions).toBe(0));
  expect(signals).toEqual([true, false]);
});

test('a till that goes silent is cut after one and a half keep-alives', async () => {
  const box = await startBrokerBox();
  const socket = await box.tls(await box.issue('bar-1'));
  // CONNECT with a keep-alive of one second, and never a ping.
  socket.write(Buffer.from('101100044d5154540402000100056261722d31', 'hex'));
  await closed(socket);
  expect(box.refusals).toEqual(['silent']);
});

test('a second connection of the same till takes over, and the first hears nothing any more', async () => {
  const box = await startBrokerBox();
  const signals: boolean[] = [];
  box.broker.onPresence((_terminalId, online) => void signals.push(online));
  const first = await box.till('bar-1', { will: offline('bar-1') });
  await first.subscribeAsync('till/bar-1/result');
  await first.publishAsync('till/bar-1/presence', '{"online":true}', { retain: true, qos: 1 });
  const old = messages(first);
  const cut = gone(first);
  const second = await box.till('bar-1', { will: offline('bar-1') });
  await cut;
  const got = messages(second);
  await second.subscribeAsync('till/bar-1/result');
  await second.publishAsync('till/bar-1/presence', '{"online":true}', { retain: true, qos: 1 });
  box.broker.publish('bar-1', 'result', text.encode('hello'));
  await vi.waitFor(() => expect(got).toEqual(['till/bar-1/result hello']));
  expect(old).toEqual([]);
  await vi.waitFor(() => expect(signals).toEqual([true, false, true]));
  expect(box.broker.online()).toEqual(['bar-1']);
  expect(box.broker.counts().sessions).toBe(1);
});

test('ten takeovers in a row leave one session, whose publishes still arrive', async () => {
  const box = await startBrokerBox();
  const heard = vi.fn();
  box.broker.onRequest(heard);
  const as = await box.issue('bar-1');
  const tills: MqttClient[] = [];
  for (let round = 0; round < 10; round++) {
    const till = await box.till('bar-1', { as, will: offline('bar-1') });
    await till.subscribeAsync('till/bar-1/result');
    tills.push(till);
  }
  await vi.waitFor(() => expect(tills.filter(till => till.connected)).toHaveLength(1));
  await tills.at(-1)?.publishAsync('till/bar-1/balance', '{}', { qos: 1 });
  await vi.waitFor(() => expect(heard).toHaveBeenCalledOnce());
  expect(box.broker.counts().sessions).toBe(1);
});

test('revoking cuts the live session before it returns; nothing it sent is heard afterwards', async () => {
  const box = await startBrokerBox();
  const signals: boolean[] = [];
  box.broker.onPresence((_terminalId, online) => void signals.push(online));
  const till = await box.till('bar-1', { will: offline('bar-1') });
  const other = await box.till('bar-2');
  await till.publishAsync('till/bar-1/presence', '{"online":true}', { retain: true, qos: 1 });
  const heard = vi.fn((_terminal: string, _verb: string, payload: Uint8Array) => {
    if (Buffer.from(payload).toString() === 'stop') box.broker.revoke({ terminalId: 'bar-1' });
  });
  box.broker.onRequest(heard);
  const cut = gone(till);
  for (const payload of ['one', 'stop', 'two', 'three']) till.publish('till/bar-1/balance', payload);
  await cut;
  expect(heard.mock.calls.map(([, , payload]) => Buffer.from(payload).toString())).toEqual(['one', 'stop']);
  expect(signals).toEqual([true, false]);
  expect(box.refusals).toEqual(['revoked']);
  await expect(box.turnedAway('bar-1')).resolves.not.toBe('let in');
  expect(other.connected).toBe(true);
});

test('a till that does not read is cut before it costs more than its share, and the others go on', async () => {
  const box = await startBrokerBox();
  const as = await box.issue('bar-1');
  const stuck = await box.tls(as);
  const filter = 'till/bar-1/result';
  stuck.write(Buffer.from('101100044d5154540402000a00056261722d31', 'hex'));
  // SUBSCRIBE (section 3.8): packet id 1, one filter, QoS 0.
  const subscribe = [0x82, 5 + filter.length, 0, 1, 0, filter.length, ...Buffer.from(filter), 0];
  stuck.write(Buffer.from(subscribe));
  const other = await box.till('bar-2');
  const got = messages(other);
  await other.subscribeAsync('till/bar-2/result');
  await vi.waitFor(() => expect(stuck.bytesRead).toBeGreaterThan(8));
  stuck.pause();
  const big = Buffer.alloc(60_000);
  await vi.waitFor(
    () => {
      for (let i = 0; i < 20; i++) box.broker.publish('bar-1', 'result', big);
      expect(box.refusals).toContain('too-slow-reader');
    },
    { interval: 5, timeout: 5000 },
  );
  box.broker.publish('bar-2', 'result', text.encode('hello'));
  await vi.waitFor(() => expect(got).toEqual(['till/bar-2/result hello']));
  expect(box.broker.counts().sessions).toBe(1);
});

test('closing cuts everyone, and no handler is called afterwards', async () => {
  const box = await startBrokerBox();
  const handler = vi.fn();
  const till = await box.till('bar-1', { will: offline('bar-1') });
  await till.publishAsync('till/bar-1/presence', '{"online":true}', { retain: true, qos: 1 });
  await vi.waitFor(() => expect(box.broker.online()).toEqual(['bar-1']));
  box.broker.onPresence(handler);
  box.broker.onRequest(handler);
  await box.tcp();
  const cut = gone(till);
  await box.broker.close();
  await cut;
  expect(handler).not.toHaveBeenCalled();
  await expect(box.tcp()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
