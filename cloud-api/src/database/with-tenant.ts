/**
 * The one way to the tables. The tenant is a setting of the transaction (`SET LOCAL`), so it can't outlive it, and a
 * pooled connection carries nothing from one request to the next. pgbouncer in transaction mode is fine with it.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool, PoolClient } from 'pg';
import { databaseFault } from './database-fault.ts';
import { retrying } from './retrying.ts';

export interface TenantTransaction {
  readonly tenantId: number;
  /** Typed queries. */
  readonly db: NodePgDatabase;
  /** The same connection for SQL by hand (unnest, FOR UPDATE). Don't release it. */
  readonly client: PoolClient;
}

/**
 * Runs `work` in one transaction that sees only this tenant's rows; commits its result, rolls back on any error. Where
 * PostgreSQL ends it in favour of another (`retrying`), it runs again: `work` must do nothing but through `tx`.
 * @throws Fault `database-unavailable` when there is no connection to be had or it was lost
 */
export function withTenant<T>(
  pool: Pool,
  tenantId: number,
  work: (tx: TenantTransaction) => Promise<T>,
): Promise<T> {
  return retrying(() => once(pool, tenantId, work));
}

async function once<T>(
  pool: Pool,
  tenantId: number,
  work: (tx: TenantTransaction) => Promise<T>,
): Promise<T> {
  if (!Number.isInteger(tenantId) || tenantId < 1) throw new RangeError(`not a tenant: ${tenantId}`);
  const client = await pool.connect().catch(error => {
    throw databaseFault(error);
  });
  let broken: Error | undefined;
  // The pool listens only while a connection is idle; lost during `work` it would end the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    // One round trip; the number was checked above, and a parameter would need a second one.
    await client.query(`BEGIN; SELECT set_config('app.tenant_id', '${tenantId}', true)`);
    const result = await work({ tenantId, db: drizzle(client), client });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    const fault = databaseFault(error);
    // Where nothing answers any more a rollback would only wait as long again; the server rolls back what it lost sight of.
    if (fault instanceof Fault && fault.code === 'database-unavailable') broken = fault;
    else {
      await client.query('ROLLBACK').catch(lost => {
        broken = lost;
      });
    }
    throw fault;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
