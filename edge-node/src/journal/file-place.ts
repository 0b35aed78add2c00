/** A journal on a disk: the database with its `-wal` and `-shm`, and a `-lock` file that keeps every other process from writing it. */
import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Database, lockJournal, openReader, openWriter } from './database.ts';
import type { JournalPlace } from './place.ts';

/** @param file path of the database; its folder exists. */
export function filePlace(file: string): JournalPlace {
  return {
    open() {
      const opened: Database[] = [];
      const keep = (db: Database) => {
        opened.unshift(db);
        return db;
      };
      const close = () => {
        for (const db of opened) db.close();
      };
      try {
        keep(lockJournal(file));
        return {
          writer: keep(openWriter(file)),
          reader: keep(openReader(file)),
          logBytes: () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
          freeBytes() {
            const { bavail, bsize } = statfsSync(dirname(file));
            return bavail * bsize;
          },
          close,
        };
      } catch (error) {
        close();
        throw error;
      }
    },
    look: () => openReader(file),
  };
}
