/** What every route shares: who may call, what is refused before a handler runs, and how errors look. */
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_TOKEN, type TestCloud, testCloud, testWorld } from '../test/cloud.ts';
import { buildApp } from './app.ts';
import { openPool } from './database/pool.ts';
import { withTenant } from './database/with-tenant.ts';
import { postgresStore } from './ledger/store/postgres/store.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${cloud.url}/v1/tenants`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json', ...headers },
  });

test.each([
  ['none', null],
  ['a wrong one', 'not-the-token'],
  ['a longer one', `${ADMIN_TOKEN}x`],
  ['a shorter one', ADMIN_TOKEN.slice(1)],
])('an admin token that is %s opens nothing', async (_, token) => {
  const answer = await cloud.call('GET', '/v1/tenants/1', { token });
  expect(answer).toMatchObject({ status: 401, body: { code: 'admin-token-missing' } });
});

test.each([
  ['no JSON', '{', 400, 'body-malformed'],
  ['no body', '', 400, 'body-malformed'],
  ['a poisoned prototype', '{"name":"x","__proto__":{"admin":true}}', 400, 'body-malformed'],
  ['the wrong shape', '{"name":1}', 400, 'request-invalid'],
  ['an unknown key', '{"name":"x","admin":true}', 400, 'request-invalid'],
])('a body with %s is refused as such', async (_, body, status, code) => {
  const response = await post(body);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code, message: expect.any(String) });
});

test('a body of another media type is refused', async () => {
  const response = await post('<name/>', { 'content-type': 'application/xml' });
  expect([response.status, await response.json()]).toMatchObject([415, { code: 'media-type-unknown' }]);
});

test('a body beyond the limit is refused by its declared length, before it is sent', async () => {
  const { port } = new URL(cloud.url);
  const answer = await new Promise<string>((done, failed) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(
        `POST /v1/tenants HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n` +
          'content-type: application/json\r\ncontent-length: 104857600\r\n\r\n{',
      );
    });
    socket.once('data', data => {
      socket.destroy();
      done(String(data));
    });
    socket.once('error', failed);
  });
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  expect(answer).toContain('body-too-large');
});

test.each(['0', '-1', '1.5', '01', '1e3', '99999999999', '2147483648', 'one'])(
  'a tenant number of %s is refused by its path',
  async number => {
    const answer = await cloud.call('GET', `/v1/tenants/${number}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
  },
);

test('a tenant there isn’t, and a path there isn’t, say so', async () => {
  expect(await cloud.call('GET', '/v1/tenants/4711')).toMatchObject({
    status: 404,
    body: { code: 'tenant-unknown' },
  });
  expect(await cloud.call('GET', '/v2')).toMatchObject({ status: 404, body: { code: 'route-unknown' } });
});

test('health and metrics are open on this machine, and a proxy’s clients see no metrics', async () => {
  expect(await cloud.call('GET', '/health', { token: null })).toMatchObject({
    status: 200,
    body: { status: 'ok' },
  });
  const metrics = await fetch(`${cloud.url}/metrics`);
  expect(await metrics.text()).toContain('pulsera_http_request_seconds_bucket{');
  const foreign = await fetch(`${cloud.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  expect(foreign.status).toBe(403);
});

test('too many requests from one address are slowed down, others are not', async () => {
  await using small = await testCloud({ requestsPerMinute: 3 });
  const ask = (address: string) =>
    small.call('GET', '/v1/tenants/1', { headers: { 'x-forwarded-for': address } });
  for (let i = 0; i < 3; i++) expect((await ask('203.0.113.1')).status).toBe(404);
  expect(await ask('203.0.113.1')).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
  expect((await ask('203.0.113.2')).status).toBe(404);
});

test('with no database requests say so and health turns, and nothing of the cause leaves the house', async () => {
  const pool = openPool({
    url: 'postgres://pulsera_app:secret@127.0.0.1:1/none',
    connections: 1,
    onIdleError: () => {},
  });
  const app = await buildApp(
    { ...cloud.cloud, pool, store: postgresStore(pool), world: testWorld() },
    { logLevel: 'silent', requestsPerMinute: 100, trustedProxies: 0 },
  );
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const answer = await app.inject({ url: '/v1/tenants/1', headers });
  expect([answer.statusCode, answer.headers['retry-after'], answer.json()]).toMatchObject([
    503,
    '5',
    { code: 'database-unavailable' },
  ]);
  expect(answer.body).not.toMatch(/secret|ECONN|127\.0\.0\.1/);
  expect((await app.inject('/health')).statusCode).toBe(503);
  await app.close();
  await pool.end();
});

test('a connection lost in the middle of a transaction is a fault, and the next one works', async () => {
  const { pool } = cloud.cloud;
  const lost = withTenant(pool, 1, async ({ client }) => {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    await cloud.database.asOwner('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await client.query('SELECT 1');
  });
  await expect(lost).rejects.toMatchObject({ code: 'database-unavailable' });
  const { rows } = await withTenant(pool, 1, ({ client }) => client.query('SELECT 1 AS one'));
  expect(rows).toEqual([{ one: 1 }]);
});

test('a failed transaction leaves nothing behind and its connection clean', async () => {
  const pool = new pg.Pool({ connectionString: cloud.database.appUrl, max: 1 });
  const failed = withTenant(pool, 77, async ({ client }) => {
    await client.query(`INSERT INTO tenant (tenant_id, name, created_at) VALUES (77, 'x', now())`);
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect((await withTenant(pool, 77, ({ client }) => client.query('SELECT * FROM tenant'))).rows).toEqual([]);
  await pool.end();
});
