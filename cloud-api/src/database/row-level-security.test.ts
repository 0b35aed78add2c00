/** For every table there is, found in the catalogue: one tenant's rows are nobody else's. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/database.ts';
import { APP_ROLE } from './tenant-table.ts';
import { withTenant } from './with-tenant.ts';

interface TableRow {
  name: string;
  partition: boolean;
  enabled: boolean;
  forced: boolean;
  has_tenant: boolean;
  app_rights: boolean;
}

const TABLES = `
  SELECT c.relname AS name, c.relispartition AS partition, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id') AS has_tenant,
    has_table_privilege('${APP_ROLE}', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') AS app_rights
  FROM pg_class c
  WHERE c.relkind IN ('r', 'p') AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    AND c.relname !~ '^pg_toast'
  ORDER BY c.relname`;

let database: TestDatabase;
let tables: TableRow[];

beforeAll(async () => {
  database = await testDatabase();
  tables = (await database.asOwner(TABLES)).rows;
});
afterAll(() => database[Symbol.asyncDispose]());

/** The tables that the API can reach by name. A partition that it has no right to is reached through its parent only. */
const reachable = () => tables.filter(table => table.app_rights);

describe('row level security', () => {
  test('every table is a tenant table under forced row level security, or out of the API’s reach', () => {
    expect(tables.length).toBeGreaterThan(11);
    const open = reachable().filter(table => !(table.enabled && table.forced && table.has_tenant));
    expect(open).toEqual([]);
    const unreachable = tables
      .filter(table => !table.app_rights && !table.partition)
      .map(table => table.name);
    expect(unreachable).toEqual(['migration']);
  });

  test('every policy of every table is the tenant’s own, for reading and for writing', async () => {
    const { rows } = await database.asOwner(
      'SELECT tablename AS name, permissive, cmd, qual, with_check FROM pg_policies ORDER BY tablename',
    );
    const guarded = reachable().map(table => table.name);
    expect([...new Set(rows.map(row => row.name))]).toEqual(guarded);
    for (const row of rows) {
      expect(row.qual, row.name).toMatch(/^\(tenant_id = \(NULLIF\(current_setting\('app.tenant_id'/);
      expect(row.with_check, row.name).toBe(row.qual);
    }
  });

  test('the API’s role owns nothing, bypasses nothing and is a member of nothing', async () => {
    const { rows } = await database.asOwner(
      `SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
        (SELECT count(*)::int FROM pg_auth_members m WHERE m.member = r.oid) AS memberships,
        (SELECT count(*)::int FROM pg_class c WHERE c.relowner = r.oid) AS owned
      FROM pg_roles r WHERE rolname = '${APP_ROLE}'`,
    );
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        memberships: 0,
        owned: 0,
      },
    ]);
  });

  test('another tenant’s rows can’t be read, changed, removed or written, table by table', async () => {
    await seedBothTenants();
    for (const { name } of reachable()) {
      const table = pg.escapeIdentifier(name);
      const seen = await withTenant(database.pool, 2, tx =>
        tx.client.query(`SELECT tenant_id FROM ${table}`),
      );
      expect(new Set(seen.rows.map(row => row.tenant_id)), `${name} shows its own rows only`).toEqual(
        new Set([2]),
      );

      expect(await attempt(2, `UPDATE ${table} SET tenant_id = 1`), `${name} gives no row away`).toBe(
        'refused',
      );
      expect(
        await attempt(2, `UPDATE ${table} SET tenant_id = tenant_id WHERE tenant_id = 1`),
        name,
      ).not.toBe(1);
      expect(await attempt(2, `DELETE FROM ${table} WHERE tenant_id = 1`), name).not.toBe(1);
      const copy = `INSERT INTO ${table} SELECT (jsonb_populate_record(NULL::${table}, to_jsonb(t) || '{"tenant_id": 1}')).* FROM ${table} t`;
      expect(await attempt(2, copy), `${name} takes no foreign row`).toBe('refused');
      const { rows } = await database.asOwner(`SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = 1`);
      expect(rows[0].n, `tenant 1 still has its row of ${name}`).toBe(1);
    }
  });

  test('with no tenant set nothing is visible and nothing can be written, table by table', async () => {
    for (const { name } of reachable()) {
      const table = pg.escapeIdentifier(name);
      const { rows } = await database.pool.query(`SELECT count(*)::int AS n FROM ${table}`);
      expect(rows[0].n, name).toBe(0);
      const source = `SELECT (jsonb_populate_record(NULL::${table}, '{"tenant_id": 1}')).*`;
      await expect(database.pool.query(`INSERT INTO ${table} ${source}`), name).rejects.toThrow(
        /row-level security/,
      );
    }
  });

  test('a connection that served a tenant shows nothing once its transaction is over', async () => {
    const url = database.appUrl;
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    await withTenant(pool, 1, tx => tx.client.query('SELECT * FROM tenant'));
    const { rows } = await pool.query('SELECT * FROM tenant');
    await pool.end();
    expect(rows).toEqual([]);
  });
});

/** Rows changed, or `refused` by policy or for want of the right. */
async function attempt(tenantId: number, sql: string): Promise<number | 'refused'> {
  try {
    const result = await withTenant(database.pool, tenantId, tx => tx.client.query(sql));
    return result.rowCount ?? 0;
  } catch (error) {
    // 42501 insufficient_privilege: both a missing GRANT and a row that a policy refuses.
    if ((error as { code?: string }).code === '42501') return 'refused';
    throw error;
  }
}

/**
 * One row per tenant in every table, with values made up from the catalogue, so that a new table needs no line here.
 * Foreign keys and checks are left out of it (`session_replication_role`): this is about policies.
 */
async function seedBothTenants(): Promise<void> {
  const { rows: columns } = await database.asOwner(`
    SELECT c.relname AS table_name, a.attname AS name, format_type(a.atttypid, NULL) AS type
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND c.relkind IN ('r', 'p')`);
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  await client.query('SET session_replication_role = replica');
  for (const { name } of reachable()) {
    if (tables.some(table => table.name === name && table.partition)) continue;
    const { rows: checks } = await client.query(
      `SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = $1::regclass`,
      [name],
    );
    for (const { conname } of checks) {
      await client.query(
        `ALTER TABLE ${pg.escapeIdentifier(name)} DROP CONSTRAINT ${pg.escapeIdentifier(conname)}`,
      );
    }
    const own = columns.filter(column => column.table_name === name);
    for (const tenantId of [1, 2]) {
      const values = own.map(column => (column.name === 'tenant_id' ? tenantId : sample(column.type)));
      await client.query(
        `INSERT INTO ${pg.escapeIdentifier(name)} (${own.map(column => pg.escapeIdentifier(column.name)).join(', ')})
         VALUES (${own.map((_, i) => `$${i + 1}`).join(', ')})`,
        values,
      );
    }
  }
  await client.end();
}

const SAMPLES: Readonly<Record<string, unknown>> = {
  integer: 1,
  smallint: 1,
  bigint: 1,
  text: 'sample',
  bytea: Buffer.from([1]),
  boolean: true,
  jsonb: '{}',
  uuid: '00000000-0000-4000-8000-000000000001',
  'timestamp with time zone': '2026-01-01T00:00:00Z',
};

function sample(type: string): unknown {
  if (type.endsWith('[]')) return [];
  if (!Object.hasOwn(SAMPLES, type)) throw new Error(`add a sample value for columns of type ${type}`);
  return SAMPLES[type];
}
