/** The API's connections, as the unprivileged role. Every query through it runs in `withTenant`. */
import pg from 'pg';

export interface PoolOptions {
  readonly url: string;
  readonly connections: number;
  readonly onIdleError: (error: Error) => void;
  /** How long a database may be silent before its connection is given up. */
  readonly silenceMs?: number;
}

export function openPool({ url, connections, onIdleError, silenceMs = 35_000 }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    // A stuck query must end before the box that waits for it gives up (60 s).
    statement_timeout: 30_000,
    // A server that is cut off in silence ends nothing: without this its connections would hang for as long as TCP tries.
    query_timeout: silenceMs,
    keepAlive: true,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'pulsera-cloud',
  });
  // Unheard, the loss of an idle connection would end the process.
  pool.on('error', onIdleError);
  return pool;
}
