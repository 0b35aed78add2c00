import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { closed, startBrokerBox } from '../../test/broker-box.ts';
import { startBroker } from './broker.ts';
import { createCa, issueServerCertificate, issueTerminalCertificate } from './ca.ts';

/** What a plaintext client of MQTT 3.1.1 says first. */
const CONNECT_BAR_1 = Buffer.from('101100044d5154540402000a00056261722d31', 'hex');
/** 256 MB minus one, the largest remaining length there is. */
const HUGE_LENGTH = [0xff, 0xff, 0xff, 0x7f];

test('plaintext MQTT on the TLS port is closed, and named in log and metric', async () => {
  const box = await startBrokerBox();
  const socket = await box.tcp();
  socket.write(CONNECT_BAR_1);
  await closed(socket);
  expect(box.refusals).toEqual(['plaintext']);
  expect(box.logged).toContainEqual(
    expect.objectContaining({ refusal: 'plaintext', peer: expect.stringContaining('127.0.0.1') }),
  );
});

test('plain HTTP is named as well', async () => {
  const box = await startBrokerBox();
  const socket = await box.tcp();
  socket.write('GET / HTTP/1.1\r\nHost: box\r\n\r\n');
  await closed(socket);
  expect(box.refusals).toEqual(['plaintext']);
});

test('a client with no certificate is turned away', async () => {
  const box = await startBrokerBox();
  await closed(await box.tls(undefined));
  expect(box.refusals).toEqual(['no-certificate']);
});

test("a certificate of another box's CA is turned away, although it names a till of ours", async () => {
  const box = await startBrokerBox();
  const foreign = await issueTerminalCertificate(crypto, await createCa(crypto, 'box-1'), 'bar-1');
  await closed(await box.tls(foreign));
  expect(box.refusals).toEqual(['foreign-certificate']);
});

test("the broker's own certificate is no way in", async () => {
  const ca = await createCa(crypto, 'box-1');
  const box = await startBrokerBox({ ca });
  await closed(await box.tls(await issueServerCertificate(crypto, ca, 'bar-1', [])));
  expect(box.refusals).toEqual(['foreign-certificate']);
});

test("a till's key can't play the box to another till", async () => {
  const ca = await createCa(crypto, 'box-1');
  const till = await issueTerminalCertificate(crypto, ca, 'bar-1');
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const fake = await startBroker({
    host: '127.0.0.1',
    port: 0,
    caCert: ca.cert,
    server: till,
    revoked: [],
    log,
  });
  const box = await startBrokerBox({ ca });
  const brokerUrl = { port: fake.port, servername: 'bar-1' };
  await expect(box.turnedAway('bar-2', brokerUrl)).resolves.toBe('INVALID_PURPOSE');
  await fake.close();
});

test('TLS older than 1.2 is turned away', async () => {
  const box = await startBrokerBox();
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await expect(box.tls(await box.issue('bar-1'), old)).rejects.toThrow();
  expect(box.refusals).toEqual(['old-tls']);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a till gets in by %s', async version => {
  const box = await startBrokerBox();
  const socket = await box.tls(await box.issue('bar-1'), { minVersion: version, maxVersion: version });
  expect(socket.getProtocol()).toBe(version);
  socket.write(CONNECT_BAR_1);
  await vi.waitFor(() => expect(box.broker.counts().sessions).toBe(1));
});

test('a till whose handshake is done gets no second one', async () => {
  const box = await startBrokerBox();
  const socket = await box.tls(await box.issue('bar-1'), { maxVersion: 'TLSv1.2' });
  const again = vi.fn();
  socket.renegotiate({ rejectUnauthorized: false }, error => {
    if (error === null) again();
  });
  await closed(socket);
  expect(again).not.toHaveBeenCalled();
});

test('a revoked till is cut right after its handshake', async () => {
  const box = await startBrokerBox({ revoked: [{ terminalId: 'bar-1' }] });
  await closed(await box.tls(await box.issue('bar-1')));
  expect(box.refusals).toEqual(['revoked']);
  await box.till('bar-2');
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'no %s session is resumed: each connection proves its key anew',
  async version => {
    const box = await startBrokerBox();
    const till = await box.issue('bar-1');
    const only = { minVersion: version, maxVersion: version };
    let session: Buffer | undefined;
    const first = await box.tls(till, only);
    first.on('session', offered => {
      session = offered;
    });
    first.write(CONNECT_BAR_1);
    await once(first, 'data');
    const again = await box.tls(till, { ...only, session: session ?? first.getSession() });
    expect(again.isSessionReused()).toBe(false);
  },
);

test('revoking one certificate leaves its successor alone', async () => {
  const box = await startBrokerBox();
  const lost = await box.issue('bar-1');
  box.broker.revoke({ serial: lost.serial });
  await closed(await box.tls(lost));
  await box.till('bar-1');
  expect(box.refusals).toEqual(['revoked']);
});

test('a till that is revoked between its handshake and its CONNECT never gets a word through', async () => {
  const box = await startBrokerBox();
  const heard = vi.fn();
  box.broker.onRequest(heard);
  // In TLS 1.2 the client is done after the box is; in 1.3 it would be before.
  const socket = await box.tls(await box.issue('bar-1'), { maxVersion: 'TLSv1.2' });
  box.broker.revoke({ terminalId: 'bar-1' });
  socket.write(Buffer.concat([CONNECT_BAR_1, publishPacket('till/bar-1/balance', '{}')]));
  await closed(socket);
  expect(heard).not.toHaveBeenCalled();
  expect(box.refusals).toEqual(['revoked']);
});

test('a first packet that declares 256 MB is closed at its header', async () => {
  const box = await startBrokerBox();
  const socket = await box.tls(await box.issue('bar-1'));
  socket.write(Buffer.from([0x10, ...HUGE_LENGTH]));
  await closed(socket);
  expect(box.refusals).toEqual(['too-long']);
  expect(box.logged).toContainEqual(expect.objectContaining({ refusal: 'too-long', receivedBytes: 5 }));
});

test('a stranger who streams 256 MB is closed after at most 4 KB and one chunk', async () => {
  const box = await startBrokerBox();
  const socket = await box.tls(await box.issue('bar-1'));
  const megabyte = Buffer.alloc(1 << 20);
  socket.write(Buffer.from([0x10, ...HUGE_LENGTH]));
  const pour = () => {
    while (!socket.destroyed && socket.write(megabyte));
  };
  socket.on('drain', pour);
  pour();
  await closed(socket);
  const line = box.logged.find(logged => logged.refusal === 'too-long');
  expect(line?.receivedBytes).toBeLessThanOrEqual(4096 + 16_384);
});

test('what a stranger sends behind its CONNECT is held, not read on, until CONNECT is accepted', async () => {
  const box = await startBrokerBox();
  const heard = vi.fn();
  box.broker.onRequest(heard);
  const socket = await box.tls(await box.issue('bar-1'));
  const requests = Array.from({ length: 500 }, (_, index) => publishPacket('till/bar-1/balance', `${index}`));
  socket.write(Buffer.concat([CONNECT_BAR_1, ...requests]));
  await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(500));
  expect(heard.mock.calls.map(([, , payload]) => Buffer.from(payload).toString())).toEqual(
    requests.map((_, index) => `${index}`),
  );
});

test('after CONNECT a packet of 64 KB passes and one byte more closes', async () => {
  const box = await startBrokerBox();
  const lengths: number[] = [];
  box.broker.onRequest((_terminal, _verb, payload) => void lengths.push(payload.length));
  const till = await box.till('bar-1');
  const topic = 'till/bar-1/balance';
  const most = 65_536 - 4 - 2 - topic.length;
  await till.publishAsync(topic, Buffer.alloc(most));
  await vi.waitFor(() => expect(lengths).toEqual([most]));
  till.publish(topic, Buffer.alloc(most + 1));
  await new Promise<void>(resolve => till.once('close', () => resolve()));
  expect(box.refusals).toEqual(['too-long']);
  expect(lengths).toHaveLength(1);
});

test('256 MB declared after CONNECT is closed at the header, too', async () => {
  const box = await startBrokerBox();
  const socket = await box.tls(await box.issue('bar-1'));
  socket.write(CONNECT_BAR_1);
  await once(socket, 'data');
  socket.write(Buffer.from([0x30, ...HUGE_LENGTH]));
  await closed(socket);
  expect(box.refusals).toEqual(['too-long']);
});

test.each([
  ['not-connect', Buffer.from([0xc0, 0])],
  ['bad-length', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff])],
  ['second-connect', Buffer.concat([CONNECT_BAR_1, CONNECT_BAR_1])],
  ['bad-packet', Buffer.from([0x10, 4, 0, 9, 0x4d, 0x51])],
])('%s closes the connection', async (refusal, bytes) => {
  const box = await startBrokerBox();
  const socket = await box.tls(await box.issue('bar-1'));
  socket.write(bytes);
  await closed(socket);
  expect(box.refusals).toEqual([refusal]);
});

test('sockets that never finish their handshake are cut at the deadline', async () => {
  const box = await startBrokerBox({ limits: { deadlineMs: 50 } });
  const silent = await box.tcp();
  const halfway = await box.tcp();
  // The start of a TLS record that never ends.
  halfway.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
  await Promise.all([closed(silent), closed(halfway)]);
  expect(box.refusals).toEqual(['too-slow', 'too-slow']);
  await vi.waitFor(() => expect(box.broker.counts().waiting).toBe(0));
});

test('a till that shakes hands and then says nothing, or half a CONNECT, is cut at the deadline', async () => {
  const box = await startBrokerBox({ limits: { deadlineMs: 150 } });
  const silent = await box.tls(await box.issue('bar-1'));
  const halfway = await box.tls(await box.issue('bar-2'));
  halfway.write(CONNECT_BAR_1.subarray(0, 9));
  await Promise.all([closed(silent), closed(halfway)]);
  expect(box.refusals).toEqual(['too-slow', 'too-slow']);
});

test('the deadline leaves alone whoever is in', async () => {
  const box = await startBrokerBox({ limits: { deadlineMs: 150 } });
  const till = await box.till('bar-1');
  await closed(await box.tcp());
  expect(till.connected).toBe(true);
  expect(box.broker.counts().sessions).toBe(1);
});

test('the 65th stranger is refused while tills that are in go on, and a place that is freed is used again', async () => {
  const box = await startBrokerBox({ limits: { deadlineMs: 60_000 } });
  const heard = vi.fn();
  box.broker.onRequest(heard);
  const till = await box.till('bar-1');
  const strangers = await Promise.all(Array.from({ length: 64 }, () => box.tcp()));
  await vi.waitFor(() => expect(box.broker.counts().waiting).toBe(64));
  await closed(await box.tcp());
  expect(box.refusals).toEqual(['too-many-waiting']);

  await till.publishAsync('till/bar-1/balance', '{}', { qos: 1 });
  await vi.waitFor(() => expect(heard).toHaveBeenCalledOnce());

  strangers[0]?.destroy();
  await vi.waitFor(() => expect(box.broker.counts().waiting).toBe(63));
  await box.till('bar-2');
  await vi.waitFor(() => expect(box.broker.counts()).toMatchObject({ waiting: 63, sessions: 2 }));
});

test('a port that is taken is named', async () => {
  const box = await startBrokerBox();
  const server = await issueServerCertificate(crypto, box.ca, 'box-1', []);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const given = { host: '127.0.0.1', port: box.broker.port, caCert: box.ca.cert, server, revoked: [], log };
  await expect(startBroker(given)).rejects.toMatchObject({ code: 'broker-port-taken' });
  const noKey = { ...given, server: { ...server, key: 'lost' } };
  await expect(startBroker(noKey)).rejects.toMatchObject({ code: 'bad-broker-certificate' });
});

/** A PUBLISH of QoS 0 (section 3.3) that is shorter than 128 bytes. */
function publishPacket(topic: string, payload: string): Buffer {
  const head = Buffer.from([0x30, 2 + topic.length + payload.length, 0, topic.length]);
  return Buffer.concat([head, Buffer.from(topic), Buffer.from(payload)]);
}
