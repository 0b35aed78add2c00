/** A whole cloud over HTTP on a database of its own, with a clock and dice that the test holds. */
import { createHash } from 'node:crypto';
import { buildApp } from '../src/app.ts';
import type { Cloud } from '../src/context.ts';
import { signerFromSeed } from '../src/keys/ed25519.ts';
import { makeVault } from '../src/keys/vault.ts';
import { postgresStore } from '../src/ledger/store/postgres/store.ts';
import type { World } from '../src/world.ts';
import { type TestDatabase, testDatabase } from './database.ts';

export const ADMIN_TOKEN = 'admin-token-for-tests-only';
/** A summer evening. */
export const START_MS = Date.UTC(2026, 6, 17, 18);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON as it came, read with the schema a test expects or compared whole. */
  readonly body: unknown;
}

export interface CallOptions {
  readonly body?: unknown;
  /** Bearer token; the admin's when absent, none when null. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestCloud extends AsyncDisposable {
  readonly url: string;
  readonly cloud: Cloud;
  readonly database: TestDatabase;
  readonly world: TestWorld;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface TestWorld extends World {
  pass(ms: number): void;
}

/** The same dice for the same seed: SHA-256 in counter mode. */
export function testWorld(seed = 'pulsera'): TestWorld {
  let nowMs = START_MS;
  let counter = 0;
  return {
    nowMs: () => nowMs,
    randomBytes(length) {
      const blocks = Math.ceil(length / 32);
      const stream = Array.from({ length: blocks }, () =>
        createHash('sha256').update(`${seed}/${counter++}`).digest(),
      );
      return new Uint8Array(Buffer.concat(stream).subarray(0, length));
    },
    pass(ms) {
      nowMs += ms;
    },
  };
}

/** Dispose of it in `afterAll`, or hold it with `await using`. */
export async function testCloud(options: { requestsPerMinute?: number } = {}): Promise<TestCloud> {
  return cloudOn(await testDatabase(), options);
}

/** The same on a database that the test brings; it goes with the cloud. */
export async function cloudOn(
  database: TestDatabase,
  options: { requestsPerMinute?: number } = {},
): Promise<TestCloud> {
  const world = testWorld();
  const cloud: Cloud = {
    pool: database.pool,
    store: postgresStore(database.pool),
    world,
    vault: makeVault(world.randomBytes(32), world.randomBytes),
    signer: signerFromSeed(world.randomBytes(32)),
    sessionKey: world.randomBytes(32),
    adminToken: ADMIN_TOKEN,
  };
  const app = await buildApp(cloud, {
    logLevel: 'silent',
    requestsPerMinute: options.requestsPerMinute ?? 1_000_000,
    trustedProxies: 1,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    cloud,
    database,
    world,
    call: (method, path, call = {}) => callOver(url, method, path, call),
    async [Symbol.asyncDispose]() {
      await app.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function callOver(url: string, method: string, path: string, options: CallOptions): Promise<Answer> {
  const headers: Record<string, string> = { ...options.headers };
  const token = options.token === undefined ? ADMIN_TOKEN : options.token;
  if (token !== null) headers.authorization = `Bearer ${token}`;
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
