/** Holds a lock from outside and waits until the cloud waits for it, so that two requests meet in the order a test wants. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { TestDatabase } from './database.ts';

export interface HeldLock extends AsyncDisposable {
  /** Another statement under the same lock. */
  query(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
}

/** @param sql a locking SELECT; held until the end of the `await using` */
export async function holdLock(
  { ownerUrl }: TestDatabase,
  sql: string,
  values: unknown[],
): Promise<HeldLock> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query(sql, values);
  return {
    query: (more, of = []) => client.query(more, of),
    async [Symbol.asyncDispose]() {
      await client.query('ROLLBACK');
      await client.end();
    },
  };
}

const WAITING = `SELECT count(*)::int AS waiting FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** Resolves once that many connections of this database wait for a lock. */
export async function waitingForLocks(database: TestDatabase, count: number): Promise<void> {
  for (;;) {
    const { rows } = await database.asOwner(WAITING);
    if (rows[0].waiting >= count) return;
    await sleep(10);
  }
}
