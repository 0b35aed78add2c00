/**
 * The two roles, made before the first migration because a role belongs to the whole server and not to one database:
 * `pulsera_owner` owns the tables and can't log in, `pulsera_app` logs in and owns nothing. Whoever DATABASE_URL
 * names must be allowed to make roles (CREATEROLE or superuser) the first time.
 */
import pg from 'pg';
import { APP_ROLE } from './tenant-table.ts';

export const OWNER_ROLE = 'pulsera_owner';

const ROLES = [
  { name: OWNER_ROLE, login: 'NOLOGIN' },
  { name: APP_ROLE, login: 'LOGIN' },
] as const;

/** Makes what is missing and sets the app's password if it doesn't fit. Safe to run at every start, by many at once. */
export async function bootstrapRoles(client: pg.Client, appPassword: string): Promise<void> {
  for (const { name, login } of ROLES) {
    await client.query(`DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') THEN
        CREATE ROLE ${name} ${login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another process was faster
    END $$`);
  }
  const database = pg.escapeIdentifier(client.database ?? 'postgres');
  await client.query(`GRANT ${OWNER_ROLE} TO CURRENT_USER`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${APP_ROLE}`);
  // The migrator asks for its schema "if not exists", and PostgreSQL checks this right even if it does.
  await client.query(`GRANT CREATE ON DATABASE ${database} TO ${OWNER_ROLE}`);
  await client.query(`GRANT USAGE ON SCHEMA public TO ${APP_ROLE}`);
  await client.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${OWNER_ROLE}`);
  if (!(await canLogIn(appUrl(client, appPassword)))) {
    await client.query(`ALTER ROLE ${APP_ROLE} PASSWORD ${pg.escapeLiteral(appPassword)}`);
  }
}

/** The same server and database as `client`'s, as the app. */
export function appUrl(client: pg.Client, appPassword: string): string {
  const url = new URL('postgres://localhost');
  url.username = APP_ROLE;
  url.password = appPassword;
  url.hostname = client.host;
  url.port = String(client.port);
  url.pathname = `/${client.database ?? 'postgres'}`;
  return url.href;
}

async function canLogIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    return true;
  } catch (error) {
    // 28P01 is a wrong or missing password; anything else is not for us to judge here.
    if ((error as { code?: string }).code === '28P01') return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}
