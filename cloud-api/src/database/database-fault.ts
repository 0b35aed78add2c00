import { Fault } from '@pulsera/firmware-protocol/fault';

/** SQLSTATE classes and codes, and Node's codes, that mean "no database now", as opposed to "a bad query". */
const UNAVAILABLE =
  /^(08...|53...|57P0[1-5]|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** What pg throws without a code. */
const UNAVAILABLE_MESSAGE =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error|not queryable/;

/** Any error as it should leave the database folder: loss of the database as a Fault, everything else unchanged. */
export function databaseFault(error: unknown): unknown {
  if (error instanceof Fault) return error;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (UNAVAILABLE.test(codeOf(at)) || UNAVAILABLE_MESSAGE.test(at.message)) {
      return new Fault(
        'database-unavailable',
        'The database is away: try again shortly; nothing was written.',
        {
          cause: error,
        },
      );
    }
  }
  return error;
}

/** The constraint that refused a row (SQLSTATE class 23), wherever drizzle wrapped it; else undefined. */
export function violatedConstraint(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (codeOf(at).startsWith('23') && 'constraint' in at && typeof at.constraint === 'string') {
      return at.constraint;
    }
  }
  return undefined;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
