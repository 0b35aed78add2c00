/** The whole process, as `npm run cloud` and the simulator start it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testWorld } from '../test/cloud.ts';
import { testDatabase } from '../test/database.ts';
import { startCloud } from './cloud.ts';
import { type CloudSettings, parseConfig } from './config.ts';
import { isAlive } from './database/server.ts';

const binFolder = process.env.PULSERA_TEST_PG_BIN;
const tlsFile = (name: string) => fileURLToPath(new URL(`../test/tls/${name}`, import.meta.url));
const TLS = { certFile: tlsFile('cert.pem'), keyFile: tlsFile('key.pem') };

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'pulsera-cloud-'));
  chmodSync(stateFolder, 0o755);
});
afterEach(() => rmSync(stateFolder, { recursive: true, force: true }));

const start = (settings: CloudSettings = {}) =>
  startCloud(
    parseConfig({
      port: 0,
      stateFolder,
      logLevel: 'silent',
      ...(binFolder === undefined ? {} : { database: { binFolder } }),
      ...settings,
    }),
    testWorld(stateFolder),
  );

const createTenant = (url: string, token: string) =>
  fetch(`${url}/v1/tenants`, {
    method: 'POST',
    body: '{"name":"Wiesenklang GmbH"}',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });

test('with nothing configured it brings its own database and keys, and has them again after a restart', async () => {
  const first = await start();
  expect((await createTenant(first.url, first.adminToken)).status).toBe(201);
  const postmaster = Number(
    readFileSync(join(stateFolder, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0],
  );
  await first.close();
  expect(isAlive(postmaster)).toBe(false);
  for (const name of ['master.key', 'signing.key', 'admin.token', 'postgres/password']) {
    expect(statSync(join(stateFolder, name)).mode & 0o077, name).toBe(0);
  }

  const second = await start();
  expect(second.adminToken).toBe(first.adminToken);
  expect(toHex(second.publicKey)).toBe(toHex(first.publicKey));
  const answer = await fetch(`${second.url}/v1/tenants/1`, {
    headers: { authorization: `Bearer ${second.adminToken}` },
  });
  expect(await answer.json()).toMatchObject({ tenantId: 1, name: 'Wiesenklang GmbH' });
  await second.close();
});

test('with a database of one’s own, two processes start on it at once and serve as the unprivileged role', async () => {
  await using database = await testDatabase();
  const key = 'ab'.repeat(32);
  const settings = {
    database: { ownerUrl: database.ownerUrl, appUrl: database.appUrl },
    secrets: { adminToken: 'a'.repeat(32), masterKey: key, signingKey: key },
  };
  const [one, two] = await Promise.all([start(settings), start(settings)]);
  expect((await createTenant(one.url, one.adminToken)).status).toBe(201);
  expect((await createTenant(two.url, two.adminToken)).status).toBe(201);
  const { rows } = await one.cloud.pool.query('SELECT current_user AS name');
  expect(rows).toEqual([{ name: 'pulsera_app' }]);
  await Promise.all([one.close(), two.close()]);
});

test('with a certificate it speaks TLS', async () => {
  const running = await start({ tls: TLS });
  expect(running.url).toMatch(/^https:/);
  const status = await new Promise((done, failed) => {
    const ask = request(`${running.url}/health`, { ca: readFileSync(TLS.certFile) }, answer => {
      answer.resume();
      done(answer.statusCode);
    });
    ask.once('error', failed).end();
  });
  expect(status).toBe(200);
  await running.close();
});

test('a certificate that can’t be read is named before anything starts', async () => {
  const missing = join(stateFolder, 'none.pem');
  await expect(start({ tls: { ...TLS, certFile: missing } })).rejects.toMatchObject({
    code: 'tls-file-unreadable',
    detail: { file: missing },
  });
});

test('a port that is taken is named, and the database that was started for it is stopped', async () => {
  const other = createServer();
  await new Promise<void>(done => other.listen(0, '127.0.0.1', done));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(start({ port })).rejects.toMatchObject({ code: 'port-taken', detail: { port } });
  await expect(async () => readFileSync(join(stateFolder, 'postgres/data/postmaster.pid'))).rejects.toThrow(
    /ENOENT/,
  );
  await new Promise(done => other.close(done));
});
