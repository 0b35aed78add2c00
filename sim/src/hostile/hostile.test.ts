import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { judge, type Seen } from './judge.ts';
import { readOptions } from './options.ts';
import { doorFigures, filesOf, rssOf } from './sockets.ts';
import { clientHello } from './strangers.ts';

const MB = 1024 * 1024;
const fine: Seen = {
  quietMs: Array.from({ length: 100 }, (_, i) => i / 10),
  besiegedMs: Array.from({ length: 100 }, (_, i) => i / 6),
  waiting: 64,
  held: 65,
  dialled: 1000,
  refused: 900,
  rss: { before: 100 * MB, after: 120 * MB },
};
const broken = (seen: Partial<Seen>, counts = false) =>
  judge({ ...fine, ...seen }, counts)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what);

test('a box that keeps to its bounds holds', () => {
  expect(broken({})).toEqual([]);
  expect(judge(fine, false)).toHaveLength(6);
});

test.each<[string, Partial<Seen>]>([
  ['at most 64 wait', { waiting: 65 }],
  ['at most 64 and the one', { held: 66 }],
  ['strangers are turned away', { refused: 0 }],
  ['p99', { besiegedMs: [1, 2, 100] }],
  ['memory', { rss: { before: 100 * MB, after: 121 * MB } }],
])('%s is told when it is broken', (what, seen) => {
  expect(broken(seen)).toEqual([expect.stringContaining(what)]);
});

test('where only counts are judged, a slow machine breaks nothing', () => {
  expect(broken({ besiegedMs: [1000], rss: null }, true)).toEqual([]);
});

test('a real connection of this process is counted, and its memory', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const before = filesOf(process.pid);
  const accepted = once(server, 'connection');
  const socket = connect(port, '127.0.0.1');
  await accepted;
  // Both ends are ours.
  expect(filesOf(process.pid)).toBe(before + 2);
  socket.destroy();
  server.close();
  expect(rssOf(process.pid)).toBeGreaterThan(MB);
});

test('the figures of the door are read from the metrics', () => {
  const text = 'pulsera_broker_waiting 7\npulsera_broker_refusals_total{refusal="too-slow"} 12\n';
  expect(doorFigures(text)).toEqual({ waiting: 7, refused: new Map([['too-slow', 12]]) });
  expect(() => doorFigures('')).toThrow('how many wait');
});

test('half a handshake is a true one', async () => {
  const hello = await clientHello();
  expect([...hello.subarray(0, 3)]).toEqual([0x16, 3, 1]);
  expect(hello.length).toBeGreaterThan(100);
});

test('a wrong option is told', () => {
  expect(readOptions(['--connections', '0'])).toMatchObject({
    problem: expect.stringContaining('--connections'),
  });
  expect(readOptions(['--short'])).toMatchObject({ options: { connections: 100, seconds: 10 } });
});
