/** The database is stopped under a running cloud and started again: boxes wait, and nothing is lost or taken twice. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { cloudOn, type TestCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { load } from '../../test/journal-box.ts';
import { register, type Sender, sendBatch, sender } from '../../test/sending.ts';
import { migrateDatabase } from '../database/migrate.ts';
import { openPool } from '../database/pool.ts';
import { type Server, startServer } from '../database/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsera-away-'));
chmodSync(folder, 0o755);
const PASSWORD = randomBytes(8).toString('hex');
let server: Server;
let cloud: TestCloud;
let closeAddress: () => Promise<unknown>;

/** While it is set, nothing passes and nobody is told. */
let isSilent = false;

/** An address that stays while the server behind it comes back on another port. */
async function fixedAddress(): Promise<number> {
  const proxy = createServer(socket => {
    const behind = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('data', bytes => isSilent || behind.write(bytes));
    behind.on('data', bytes => isSilent || socket.write(bytes));
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  closeAddress = () => new Promise(resolve => proxy.close(resolve));
  return (proxy.address() as AddressInfo).port;
}

beforeAll(async () => {
  server = await startServer({ folder, newPassword: PASSWORD });
  const url = new URL(await migrateDatabase(server.url, PASSWORD));
  url.port = String(await fixedAddress());
  const pool = openPool({ url: url.href, connections: 4, onIdleError: () => {}, silenceMs: 500 });
  cloud = await cloudOn({
    pool,
    appUrl: url.href,
    ownerUrl: server.url,
    asOwner: () => Promise.reject(new Error('this database has no back door')),
    [Symbol.asyncDispose]: () => pool.end(),
  });
});
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await server.stop();
  await closeAddress();
  rmSync(folder, { recursive: true, force: true });
});

test('while the database is gone a box is told to come back, and then goes on where it was', async () => {
  const festival: Festival = await createFestival(cloud);
  const box: Sender = await sender(cloud, festival);
  const chip = new Chip(1);
  await register(cloud, festival, [chip]);
  box.journal.tap(chip, [load(100)]);
  expect(await sendBatch(cloud, box, box.journal.batch())).toMatchObject({ status: 200 });

  await server.stop();
  box.journal.tap(chip, [load(100)]);
  for (let i = 0; i < 3; i++) {
    const answer = await sendBatch(cloud, box, box.journal.batch(3, 4));
    expect(answer).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('5');
  }
  expect(await cloud.call('GET', '/health')).toMatchObject({ status: 503 });

  server = await startServer({ folder, newPassword: PASSWORD });
  expect(await sendBatch(cloud, box, box.journal.batch(3, 4))).toMatchObject({
    status: 200,
    body: { nextSeq: 5 },
  });
  expect((await cloud.call('GET', `${festival.path}/balances`)).body).toMatchObject({
    balances: [
      { account: 'cash:bar-1', amountMinor: 200 },
      { account: `wallet-main:${chip.wallet}`, amountMinor: -200 },
    ],
  });
});

test('a database that says nothing any more is away too, and its connections are not used again', async () => {
  const festival: Festival = await createFestival(cloud);
  const box: Sender = await sender(cloud, festival);
  const chip = new Chip(2);
  await register(cloud, festival, [chip]);
  box.journal.tap(chip, [load(100)]);
  isSilent = true;
  // With four connections in the pool, one of these at least finds one that was fine a moment ago.
  for (let i = 0; i < 5; i++) {
    expect(await sendBatch(cloud, box, box.journal.batch())).toMatchObject({
      status: 503,
      body: { code: 'database-unavailable' },
    });
  }
  isSilent = false;
  expect(await sendBatch(cloud, box, box.journal.batch())).toMatchObject({
    status: 200,
    body: { nextSeq: 3 },
  });
}, 60_000);
