/**
 * The journal as somebody beside the box reads it from its disk: by the auditor's own codec, and never twice, so that what was once there
 * must be there for ever.
 */
import { openReader } from '@pulsera/edge-node/journal/database';
import { type Read, readEntry, type Tap } from '../audit/entry.ts';

export interface JournalTap extends Tap {
  readonly seq: number;
  state: 'pending' | 'posted' | 'dropped';
  isAbandoned: boolean;
}

export class JournalCopy {
  readonly #file: string;
  readonly #taps = new Map<number, JournalTap>();
  #last: { readonly at: number; readonly hash: Uint8Array } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  get taps(): readonly JournalTap[] {
    return [...this.#taps.values()];
  }

  get lastSeq(): number {
    return this.#last?.at ?? 0;
  }

  /** Reads what has come since. @returns what is wrong: entries that are gone or have changed */
  read(): readonly string[] {
    const db = openReader(this.#file);
    try {
      const lost = this.#isLost(
        db.prepare<[number], Uint8Array>('SELECT hash FROM entry WHERE at = ?').pluck(),
      );
      if (lost) return [`entry ${this.lastSeq} was in the journal, and is gone or another one now`];
      const rows = db.prepare<[number], { at: number; content: Uint8Array; hash: Uint8Array }>(
        'SELECT at, content, hash FROM entry WHERE at > ? ORDER BY at',
      );
      for (const { at, content, hash } of rows.all(this.lastSeq)) {
        this.#take(at, readEntry(content, at, `entry ${at}`));
        this.#last = { at, hash };
      }
      return [];
    } finally {
      db.close();
    }
  }

  #isLost(hashAt: { get(at: number): Uint8Array | undefined }): boolean {
    if (this.#last === undefined) return false;
    const hash = hashAt.get(this.#last.at);
    return hash === undefined || Buffer.compare(hash, this.#last.hash) !== 0;
  }

  #take(seq: number, entry: Read): void {
    if (entry.kind === 'tap') {
      this.#taps.set(seq, { ...entry, seq, state: 'pending', isAbandoned: false });
      return;
    }
    if (entry.kind !== 'settlement') return;
    const tap = this.#taps.get(Number(entry.of.split('/')[2]));
    if (tap === undefined) return;
    if (entry.outcome === 'abandoned') tap.isAbandoned = true;
    else tap.state = entry.outcome;
  }
}
