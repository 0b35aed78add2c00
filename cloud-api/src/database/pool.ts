/** The API's connections, as the unprivileged role. Every query through it runs in `withTenant`. */
import pg from 'pg';

export interface PoolOptions {
  readonly url: string;
  readonly connections: number;
  readonly onIdleError: (error: Error) => void;
}

export function openPool({ url, connections, onIdleError }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    // A stuck query must end before the box that waits for it gives up (60 s).
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'pulsera-cloud',
  });
  // Unheard, the loss of an idle connection would end the process.
  pool.on('error', onIdleError);
  return pool;
}
