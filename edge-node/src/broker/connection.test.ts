import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Connection } from './connection.ts';
import { type GuardRefusal, LengthGuard } from './guard.ts';

const CONNECT = Buffer.from([0x10, 2, 0, 0]);
const PUBLISH = Buffer.from([0x30, 14, ...Buffer.alloc(14, 7)]);

/** A connection over a stream in memory, both ends of that stream, and what was refused. */
function connect(): { connection: Connection; near: Duplex; far: Duplex; refused: GuardRefusal[] } {
  const [near, far] = duplexPair();
  const refused: GuardRefusal[] = [];
  const guard = new LengthGuard({ connectBytes: 4096, packetBytes: 65_536 });
  const identity = { terminalId: 'bar-1', serial: '01' };
  const refuse = (_from: Connection, refusal: GuardRefusal) => void refused.push(refusal);
  return { connection: new Connection(near, 'there 1', identity, guard, refuse), near, far, refused };
}

/** Lets every stream do what it can do without anyone's help. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

test('before CONNECT is accepted it takes one more chunk from the network at most, and loses none of it', async () => {
  const { connection, far } = connect();
  const got: Buffer[] = [];
  connection.on('data', chunk => void got.push(chunk));
  const chunks = [Buffer.concat([CONNECT, PUBLISH]), ...Array.from({ length: 200 }, () => PUBLISH)];
  for (const chunk of chunks) far.write(chunk);
  await settle();
  expect(Buffer.concat(got)).toEqual(CONNECT);
  expect(connection.received).toBeLessThanOrEqual(CONNECT.length + 2 * PUBLISH.length);
  connection.accept();
  await vi.waitFor(() => expect(Buffer.concat(got)).toEqual(Buffer.concat(chunks)));
});

test('it takes no more from the network than its reader takes from it, but for a small buffer', async () => {
  const { connection, far } = connect();
  far.write(CONNECT);
  connection.read();
  await once(connection, 'readable');
  connection.read();
  connection.accept();
  const packet = Buffer.concat([Buffer.from([0x30, 0x80, 0x08]), Buffer.alloc(1024)]);
  for (let i = 0; i < 1000; i++) far.write(packet);
  await settle();
  expect(connection.received).toBeLessThan(64 * 1024);
  connection.resume();
  await vi.waitFor(() => expect(connection.received).toBe(CONNECT.length + 1000 * packet.length));
});

test('what the network does not take counts as unsent, and goes out in order when it does', async () => {
  const { connection, near, far } = connect();
  const sent = Array.from({ length: 100 }, (_, index) => Buffer.alloc(10_000, index));
  for (const piece of sent) connection.write(piece);
  await settle();
  expect(connection.unsent).toBeGreaterThan(500_000);
  // The rest waits on this side of the socket.
  expect(near.writableLength).toBeLessThan(200_000);
  const got: Buffer[] = [];
  far.on('data', chunk => void got.push(chunk));
  await vi.waitFor(() => expect(Buffer.concat(got).length).toBe(1_000_000));
  expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
  expect(connection.unsent).toBe(0);
});

test('a packet written in pieces goes out as one', async () => {
  const { connection, far } = connect();
  const got: Buffer[] = [];
  far.on('data', chunk => void got.push(chunk));
  connection.cork();
  for (const byte of [1, 2, 3]) connection.write(Buffer.from([byte]));
  connection.uncork();
  await vi.waitFor(() => expect(got).toEqual([Buffer.from([1, 2, 3])]));
});

test('a refused chunk closes both ends, and none of it gets through', async () => {
  const { connection, far, refused } = connect();
  const got = vi.fn();
  connection.on('data', got);
  far.on('error', () => {});
  far.write(Buffer.from([0x30, 2, 0, 0]));
  await once(connection, 'close');
  expect(refused).toEqual(['not-connect']);
  expect(got).not.toHaveBeenCalled();
});

test('when the network goes, so does the connection', async () => {
  const { connection, far } = connect();
  connection.resume();
  far.end();
  await once(connection, 'end');
});
