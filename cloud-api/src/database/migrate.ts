/** Brings the schema up to date: roles first, then each migration once, as the tables' owner. */
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { appUrl, bootstrapRoles, OWNER_ROLE } from './roles.ts';

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
/** "puls": one migrating process at a time in a database; the others wait, then find nothing left to do. */
const MIGRATION_LOCK = 0x70756c73;

/**
 * @param ownerUrl a login that may make roles and create in the schema `public`
 * @returns the connection string of the unprivileged role, for the pool
 */
export async function migrateDatabase(ownerUrl: string, appPassword: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await bootstrapRoles(client, appPassword);
    await client.query(`SET ROLE ${OWNER_ROLE}`);
    await migrate(drizzle(client), {
      migrationsFolder: FOLDER,
      migrationsSchema: 'public',
      migrationsTable: 'migration',
    });
    return appUrl(client, appPassword);
  } finally {
    await client.end();
  }
}
