/** Opens the SQLite file the way a ledger needs it, and refuses to where it can't be trusted. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { Fault } from '@pulsera/firmware-protocol/fault';
import SqliteDatabase from 'better-sqlite3';

export type Database = SqliteDatabase.Database;
export type Statement<P extends unknown[] = unknown[], R = unknown> = SqliteDatabase.Statement<P, R>;
export const { SqliteError } = SqliteDatabase;

export const PAGE_BYTES = 4096;
/** A WAL frame is a page behind a header of 24 bytes; the file begins with one of 32 (sqlite.org/walformat.html). */
export const FRAME_BYTES = PAGE_BYTES + 24;

/**
 * Pages that SQLite keeps in memory. better-sqlite3 lets each connection have 16 MB; what isn't here is in the operating system's cache,
 * a copy away. A group of commits takes less than a megabyte, so nothing has to be written early for want of room.
 */
const WRITER_CACHE_KB = 4000;
/** Reads the journal from one end to the other, and nothing twice. */
const READER_CACHE_KB = 500;

/**
 * The one writing connection. `synchronous=FULL` makes a WAL commit wait for fsync; checkpoints are ours to time (see `room.ts`), and
 * savepoints roll back from memory, so that a full temporary folder can't stop a sale.
 * @throws Fault `sqlite-unsafe`, `journal-unreadable`
 */
export function openWriter(file: string): Database {
  const isNew = !existsSync(file);
  // Made before SQLite does it, since SQLite gives `-wal` and `-shm` the rights of the file itself.
  if (isNew) closeSync(openSync(file, 'a', 0o600));
  const db = new SqliteDatabase(file, { timeout: 1000 });
  try {
    refuseUnsafeSqlite(db);
    if (isNew) layOut(db);
    if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal') {
      throw new Fault('journal-unreadable', 'Put the data folder on a local disk: this one has no WAL mode.');
    }
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('temp_store = MEMORY');
    db.pragma('busy_timeout = 0');
    db.pragma(`cache_size = -${WRITER_CACHE_KB}`);
    keepRules(db);
    chmodSync(file, 0o600);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A second connection for long reads. @throws Fault `sqlite-unsafe` */
export function openReader(file: string): Database {
  const db = new SqliteDatabase(file, { readonly: true, fileMustExist: true, timeout: 1000 });
  try {
    refuseUnsafeSqlite(db);
    db.pragma(`cache_size = -${READER_CACHE_KB}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The same in memory. @param image a serialised database to start from; empty for a new one. @throws Fault `sqlite-unsafe` */
export function openMemory(image: Uint8Array): Database {
  const isNew = image.length === 0;
  const db = new SqliteDatabase(isNew ? ':memory:' : Buffer.from(image));
  try {
    refuseUnsafeSqlite(db);
    if (isNew) layOut(db);
    keepRules(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function layOut(db: Database): void {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  // Never by itself, only to take back ballast that found no room on disk.
  db.pragma('auto_vacuum = INCREMENTAL');
}

function keepRules(db: Database): void {
  db.pragma('foreign_keys = ON');
  db.pragma('recursive_triggers = ON');
}

/**
 * Holds `FILE-lock` until closed, so that no second process writes the same journal. The lock is the operating system's
 * (SQLite's own, on an empty database): it goes when the process goes, however it went.
 * @throws Fault `journal-in-use`
 */
export function lockJournal(file: string): Database {
  const path = `${file}-lock`;
  closeSync(openSync(path, 'a', 0o600));
  const lock = new SqliteDatabase(path, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (sqliteCode(cause).startsWith('SQLITE_BUSY')) {
      throw new Fault('journal-in-use', `Stop the other process that writes ${file} first.`, { cause });
    }
    throw cause;
  }
}

function refuseUnsafeSqlite(db: Database): void {
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get());
  if (hasWalResetBug(version)) {
    throw new Fault(
      'sqlite-unsafe',
      `Use SQLite 3.51.3 or newer: ${version} can corrupt a database when its write-ahead log starts over.`,
      { detail: { version } },
    );
  }
}

/** SQLite 3.7.0 to 3.51.2 can lose committed pages when the WAL is reset (sqlite.org/wal.html, "WAL-reset bug"). */
export function hasWalResetBug(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const number = major * 1_000_000 + minor * 1000 + patch;
  return number >= 3_007_000 && number <= 3_051_002;
}

/** SQLite's extended result code of a thrown value, or ''. */
export function sqliteCode(error: unknown): string {
  return error instanceof SqliteError ? error.code : '';
}
