/**
 * Where a journal lies: files on a disk (`file-place.ts`), or the memory of one process (`memory-place.ts`), where a simulation pulls
 * the plug ten thousand times a night.
 */
import type { Database } from './database.ts';

export interface JournalPlace {
  /** For the one who writes. @throws Fault `journal-in-use`, `sqlite-unsafe`, `journal-unreadable` */
  open(): OpenPlace;
  /** What is committed, for reading it beside whoever writes. Whoever looks closes it again. @throws Fault `sqlite-unsafe` */
  look(): Database;
}

export interface OpenPlace {
  readonly writer: Database;
  /** For long reads: the writer never waits for it. */
  readonly reader: Database;
  /** Of the write-ahead log; infinite where there is none that could be too short. */
  logBytes(): number;
  /** What the disk has left. */
  freeBytes(): number;
  close(): void;
}
