/** The journal as somebody beside the box reads it from its disk: each entry once, so that what was once there must be there for ever. */
import { type Database, openReader } from '@pulsera/edge-node/journal/database';

export interface JournalRow {
  /** Counts the entries of all epochs; in a journal that never left its first one it is the sequence number. */
  readonly at: number;
  readonly content: Uint8Array;
}

export class JournalFile {
  readonly #file: string;
  #open:
    | { readonly db: Database; readonly rows: (after: number) => readonly (JournalRow & Hashed)[] }
    | undefined;
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
    this.#open ??= this.#openFile();
    const rows = this.#open.rows(this.lastAt);
    this.#last = rows.at(-1) ?? this.#last;
    return rows;
  }

  /** The last entry that was read is gone, or another one. */
  isLost(): boolean {
    if (this.#last === undefined) return false;
    this.#open ??= this.#openFile();
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

  #openFile() {
    const db = openReader(this.#file);
    const statement = db.prepare<[number], JournalRow & Hashed>(
      'SELECT at, content, hash FROM entry WHERE at > ? ORDER BY at',
    );
    return { db, rows: (after: number) => statement.all(after) };
  }
}

interface Hashed {
  readonly hash: Uint8Array;
}
