/** The journal as somebody beside the box reads it from its disk: each entry once, so that what was once there must be there for ever. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { type Database, openReader } from '@pulsera/edge-node/journal/database';

export interface JournalRow {
  /** Counts the entries of all epochs; in a journal that never left its first one it is the sequence number. */
  readonly at: number;
  readonly content: Uint8Array;
}

export class JournalFile {
  readonly #file: string;
  #open: Opened | undefined;
  #last: { readonly at: number; readonly hash: Uint8Array } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Of the last entry that was read; 0 before the first. */
  get lastAt(): number {
    return this.#last?.at ?? 0;
  }

  /** What has come since the last reading. Keeps the file open until `close`. */
  readOn(): readonly JournalRow[] {
    this.#open ??= opened(this.#file);
    return this.#read(this.#open);
  }

  /** The same of a box that is dead, from a copy: SQLite would mend the file itself, which is for the box to do. Keeps nothing open. */
  readOnLeft(): readonly JournalRow[] {
    this.close();
    if (!existsSync(this.#file)) return [];
    const copy = `${this.#file}-copy`;
    for (const part of ['', '-wal']) {
      if (existsSync(this.#file + part)) copyFileSync(this.#file + part, copy + part);
    }
    const open = opened(copy);
    try {
      return this.#read(open);
    } finally {
      open.db.close();
      for (const part of ['', '-wal', '-shm']) rmSync(copy + part, { force: true });
    }
  }

  /** The last entry that was read is gone, or another one. */
  isLost(): boolean {
    if (this.#last === undefined) return false;
    this.#open ??= opened(this.#file);
    const { at, hash } = this.#last;
    const held = this.#open.db
      .prepare<[number], Uint8Array>('SELECT hash FROM entry WHERE at = ?')
      .pluck()
      .get(at);
    return held === undefined || Buffer.compare(held, hash) !== 0;
  }

  /** Nobody reads it: its box is alone with it when it starts. */
  close(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }

  #read({ rows: rowsAfter }: Opened): readonly JournalRow[] {
    const rows = rowsAfter(this.lastAt);
    this.#last = rows.at(-1) ?? this.#last;
    return rows;
  }
}

interface HashedRow extends JournalRow {
  readonly hash: Uint8Array;
}

interface Opened {
  readonly db: Database;
  readonly rows: (after: number) => readonly HashedRow[];
}

function opened(file: string): Opened {
  const db = openReader(file);
  const statement = db.prepare<[number], HashedRow>(
    'SELECT at, content, hash FROM entry WHERE at > ? ORDER BY at',
  );
  return { db, rows: after => statement.all(after) };
}
