/** What SQLite threw, in our words: is the disk full, is the file damaged, or can't it be trusted any more? */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { sqliteCode } from './database.ts';

/** Writing needs space and there is none; a failed extension of the shared-memory file is the same news. */
const FULL = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE']);
const DAMAGED = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];
/** After these nobody knows what is on disk (a failed fsync may drop the very pages it was asked to keep). */
const UNKNOWN_STATE = ['SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN'];

export const isDiskFull = (error: unknown): boolean => FULL.has(sqliteCode(error));

/** Nothing may be appended after this one until the journal was opened and verified again. */
export function isFatal(error: unknown): boolean {
  const code = sqliteCode(error);
  return !FULL.has(code) && [...DAMAGED, ...UNKNOWN_STATE].some(family => code.startsWith(family));
}

export function diskFull(cause?: unknown): Fault {
  return new Fault(
    'disk-full',
    'Free space on the disk of the data folder: nothing is sold until an entry and its settlement are sure to fit. ' +
      'Selling goes on by itself then.',
    cause === undefined ? {} : { cause },
  );
}

/** @param seq the damaged entry, or null when the file can't be read well enough to tell. */
export function journalDamaged(
  seq: number | null,
  what: string,
  detail: Record<string, string | number | boolean | null> = {},
  cause?: unknown,
): Fault {
  const where = seq === null ? 'The journal' : `Entry ${seq} of the journal`;
  return new Fault(
    'journal-damaged',
    `${where} is damaged: ${what}. Copy the file with its -wal away and keep it as evidence, restore the last backup (or start ` +
      'with an empty one) and let the box open a new epoch; what was synced is safe in the cloud.',
    { detail: { ...detail, seq, what }, ...(cause === undefined ? {} : { cause }) },
  );
}

export function storageFault(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === '') return error;
  if (FULL.has(code)) return diskFull(error);
  if (DAMAGED.some(family => code.startsWith(family))) {
    return journalDamaged(null, `SQLite reports ${code}`, {}, error);
  }
  return new Fault(
    'journal-unwritable',
    'Check the disk and its cable, then restart the box: the journal could not be written, and is verified at start.',
    { cause: error, detail: { sqlite: code } },
  );
}
