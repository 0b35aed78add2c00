/**
 * One real PostgreSQL for a whole test run: DATABASE_URL if set, else the binaries in PULSERA_TEST_PG_BIN, else the
 * embedded ones. Migrated once into a template that `database.ts` copies for each test file.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../src/database/migrate.ts';
import { isAlive, starterOf, startServer, stopOrphan } from '../src/database/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A login that may create databases and roles. */
    postgresUrl: string;
    templateName: string;
  }
}

export const APP_PASSWORD = 'only-for-tests';
const ROOT = join(tmpdir(), `pulsera-test-postgres-${userInfo().uid}`);

/** Nothing here outlives the run, so nothing needs to reach the disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_connections: '200',
};

/** Vitest calls it before the first test file. @public */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const external = process.env.DATABASE_URL;
  const server = external === undefined ? await startTestServer() : undefined;
  const postgresUrl = server?.url ?? external ?? '';
  const stop = async () => {
    await server?.stop();
    if (server) rmSync(join(ROOT, String(process.pid)), { recursive: true, force: true });
  };
  const templateName = `pulsera_template_${process.pid}`;
  try {
    await inPostgres(postgresUrl, client => client.query(`CREATE DATABASE ${templateName}`));
    const template = new URL(postgresUrl);
    template.pathname = `/${templateName}`;
    await migrateDatabase(template.href, APP_PASSWORD);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('postgresUrl', postgresUrl);
  project.provide('templateName', templateName);
  return async () => {
    if (!server) {
      await inPostgres(postgresUrl, client => client.query(`DROP DATABASE ${templateName} WITH (FORCE)`));
    }
    await stop();
  };
}

async function startTestServer() {
  mkdirSync(ROOT, { recursive: true, mode: 0o755 });
  await removeLeftovers();
  const folder = join(ROOT, String(process.pid));
  const binFolder = process.env.PULSERA_TEST_PG_BIN;
  return startServer({
    folder,
    newPassword: APP_PASSWORD,
    settings: SETTINGS,
    ...(binFolder === undefined ? {} : { binFolder }),
  });
}

/** What a run that was killed left behind: only folders of ours whose run is dead. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(ROOT)) {
    const folder = join(ROOT, name);
    const starter = starterOf(folder) ?? Number(name);
    if (isAlive(starter)) continue;
    await stopOrphan(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inPostgres(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
