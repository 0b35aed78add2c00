/**
 * A journal in memory, the virtual side of `JournalPlace`. What lies there can be taken as bytes between any two commits, and another
 * place started from them: that is a power cut, or a disk that was put back from a copy. Here the disk is never full; a journal's
 * own limit of pages plays that.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type Database, openMemory } from './database.ts';
import type { JournalPlace } from './place.ts';

export interface MemoryPlace extends JournalPlace {
  /** All that is committed, as SQLite would have written it to a file. Not within a transaction. */
  snapshot(): Uint8Array;
}

/** @param image a snapshot to start from. */
export function memoryPlace(image: Uint8Array = new Uint8Array(0)): MemoryPlace {
  let lies = image;
  let writer: Database | undefined;
  const snapshot = () => {
    if (writer?.inTransaction) throw new RangeError('A snapshot is taken between two commits.');
    return writer?.serialize() ?? lies;
  };
  return {
    open() {
      if (writer !== undefined) {
        throw new Fault('journal-in-use', 'Close the journal first that was opened here.');
      }
      const db = openMemory(lies);
      writer = db;
      return {
        writer: db,
        // Whoever reads does so between two transactions: nothing in this process runs beside one.
        reader: db,
        logBytes: () => Number.POSITIVE_INFINITY,
        freeBytes: () => Number.POSITIVE_INFINITY,
        close() {
          if (writer !== db) return;
          lies = snapshot();
          writer = undefined;
          db.close();
        },
      };
    },
    look: () => openMemory(snapshot()),
    snapshot,
  };
}
