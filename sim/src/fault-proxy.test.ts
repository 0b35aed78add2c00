import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';

let echo: Server;
let proxy: FaultProxy;
const open: Socket[] = [];

beforeEach(async () => {
  echo = createServer(socket => socket.on('error', () => {}).pipe(socket));
  await once(echo.listen(0, '127.0.0.1'), 'listening');
  const address = echo.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  proxy = await FaultProxy.start({ targetHost: '127.0.0.1', targetPort: address.port });
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await proxy.close();
  await new Promise(resolve => echo.close(resolve));
});

function dial(): Socket {
  const socket = connect(proxy.port, '127.0.0.1').on('error', () => {});
  open.push(socket);
  return socket;
}

/** `once` would reject with the reset that is expected here. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise(resolve => socket.once('close', resolve));
}

async function heard(socket: Socket): Promise<string> {
  const [piece] = (await once(socket, 'data')) as [Buffer];
  return piece.toString();
}

test('bytes pass both ways', async () => {
  const socket = dial();
  socket.write('hello');
  expect(await heard(socket)).toBe('hello');
  expect(proxy.passedBytes).toBe(10);
});

test('a cut ends what is open and refuses what comes, until it is mended', async () => {
  const before = dial();
  before.write('hello');
  await heard(before);
  proxy.cut();
  await closed(before);
  await closed(dial());
  proxy.mend();
  const after = dial();
  after.write('again');
  expect(await heard(after)).toBe('again');
});

test('a black hole tells nobody and lets nothing through; mending it ends the connections that were in it', async () => {
  const socket = dial();
  socket.write('hello');
  await heard(socket);
  proxy.blackHole();
  let answered = false;
  socket.on('data', () => {
    answered = true;
  });
  socket.write('into the void');
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(socket.destroyed).toBe(false);
  proxy.mend();
  await closed(socket);
  expect(answered).toBe(false);
});

test('deafened, what is sent arrives and no answer comes; mending it ends the connections that wait for one', async () => {
  const arrived = once(echo, 'connection').then(([far]: Socket[]) => far && once(far, 'data'));
  proxy.deafen();
  const socket = dial();
  let answered = false;
  socket.on('data', () => {
    answered = true;
  });
  socket.write('booked?');
  expect(String((await arrived)?.[0])).toBe('booked?');
  proxy.mend();
  await closed(socket);
  expect(answered).toBe(false);
});

test('muted, nothing that is sent arrives, and what the far end says by itself does', async () => {
  const [connected, socket] = [once(echo, 'connection'), dial()];
  const [far] = (await connected) as [Socket];
  socket.write('hello');
  await heard(socket);
  proxy.mute();
  const arrived: string[] = [];
  far.on('data', piece => arrived.push(String(piece)));
  socket.write('anybody there?');
  far.write('news');
  expect(await heard(socket)).toBe('news');
  expect(arrived).toEqual([]);
  proxy.mend();
  await closed(socket);
});

test('silent one way, an end that goes is missed by the other in that direction only', async () => {
  const [connected, near] = [once(echo, 'connection'), dial()];
  const [far] = (await connected) as [Socket];
  proxy.deafen();
  far.destroy();
  near.write('still there?');
  const next = dial();
  const [heardOf] = (await once(echo, 'connection')) as [Socket];
  expect(near.destroyed).toBe(false);
  next.destroy();
  await closed(heardOf);
});

test('forgotten connections stand, and nothing passes in them even when all is mended; new ones are as good as ever', async () => {
  const before = dial();
  before.write('hello');
  await heard(before);
  proxy.forget();
  let answered = false;
  before.on('data', () => {
    answered = true;
  });
  before.write('do you remember me?');
  const after = dial();
  after.write('hello');
  expect(await heard(after)).toBe('hello');
  proxy.cut();
  await closed(after);
  proxy.mend();
  expect([before.destroyed, answered]).toEqual([false, false]);
});

test('it can be started anew at its port, and led to another target', async () => {
  const other = createServer(socket => socket.on('error', () => {}).end('another'));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as { port: number };
  await proxy.close();
  proxy = await FaultProxy.start({ targetHost: '127.0.0.1', targetPort: 1, port: proxy.port });
  proxy.retarget(port);
  expect(await heard(dial())).toBe('another');
  await new Promise(resolve => other.close(resolve));
});

test('a latency that falls lets nothing overtake what went before', async () => {
  const socket = dial();
  const pieces: string[] = [];
  socket.on('data', piece => pieces.push(piece.toString()));
  await once(socket, 'connect');
  for (const [piece, ms] of [
    ['a', 60],
    ['b', 20],
    ['c', 0],
  ] as const) {
    proxy.delay(ms);
    socket.write(piece);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  await expect.poll(() => pieces.join('')).toBe('abc');
});

test('latency delays pieces and keeps their order', async () => {
  proxy.delay(20);
  const socket = dial();
  const pieces: string[] = [];
  socket.on('data', piece => pieces.push(piece.toString()));
  for (const piece of ['a', 'b', 'c']) {
    socket.write(piece);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  await expect.poll(() => pieces.join('')).toBe('abc');
});
