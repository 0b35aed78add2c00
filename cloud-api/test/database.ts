/** A migrated database of its own for each test file, dropped at the end. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openPool } from '../src/database/pool.ts';
import { APP_ROLE } from '../src/database/tenant-table.ts';
import { APP_PASSWORD } from './postgres.ts';

export interface TestDatabase extends AsyncDisposable {
  /** As the API connects: `pulsera_app`, under row level security. */
  readonly pool: pg.Pool;
  readonly appUrl: string;
  /** Superuser of the same database, to look behind the policies. */
  readonly ownerUrl: string;
  /** Runs one statement as superuser. */
  asOwner(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
}

/** Use as `await using database = await testDatabase()`, or in beforeAll with `database[Symbol.asyncDispose]` in afterAll. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `pulsera_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const postgresUrl = inject('postgresUrl');
  await runOnce(postgresUrl, `CREATE DATABASE ${name} TEMPLATE ${inject('templateName')}`);
  const ownerUrl = withDatabase(postgresUrl, name);
  const app = new URL(ownerUrl);
  app.username = APP_ROLE;
  app.password = APP_PASSWORD;
  const pool = openPool({ url: app.href, connections: 10, onIdleError: () => {} });
  return {
    pool,
    appUrl: app.href,
    ownerUrl,
    asOwner: (sql, values) => runOnce(ownerUrl, sql, values),
    async [Symbol.asyncDispose]() {
      await pool.end();
      // PostgreSQL waits five seconds for connections that are just closing. Only one that was forgotten is cut.
      const drop = `DROP DATABASE ${name}`;
      await runOnce(postgresUrl, drop).catch(() => runOnce(postgresUrl, `${drop} WITH (FORCE)`));
    },
  };
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function runOnce(url: string, sql: string, values: unknown[] = []): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql, values);
  } finally {
    await client.end();
  }
}
