/** What a box has told its journal of taps, by the auditor's own codec. */
import { type Read, readEntry, type Tap } from '../audit/entry.ts';
import { JournalFile } from '../real/journal-file.ts';

export interface JournalTap extends Tap {
  readonly seq: number;
  state: 'pending' | 'posted' | 'dropped';
  isAbandoned: boolean;
}

export class JournalCopy {
  readonly #file: JournalFile;
  readonly #taps = new Map<number, JournalTap>();

  constructor(file: string) {
    this.#file = new JournalFile(file);
  }

  get taps(): readonly JournalTap[] {
    return [...this.#taps.values()];
  }

  get lastSeq(): number {
    return this.#file.lastAt;
  }

  /** Reads what has come since. @returns what is wrong: entries that are gone or have changed */
  read(): readonly string[] {
    try {
      if (this.#file.isLost()) {
        return [`entry ${this.lastSeq} was in the journal, and is gone or another one now`];
      }
      for (const { at, content } of this.#file.readOn()) {
        this.#take(at, readEntry(content, at, `entry ${at}`));
      }
      return [];
    } finally {
      this.#file.close();
    }
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
