/** Which entries belong to which epoch. Few and small: kept in memory, and in the table `epoch`. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import type { Database } from './database.ts';

interface Span {
  readonly epoch: Epoch;
  /** `at` of the entry before this epoch's first. */
  readonly base: number;
}

export class Epochs {
  readonly #db: Database;
  #spans: readonly Span[] = [];

  constructor(db: Database) {
    this.#db = db;
    this.reload();
  }

  reload(): void {
    this.#spans = this.#db.prepare<[], Span>('SELECT epoch, base FROM epoch ORDER BY epoch').all();
  }

  get current(): Span {
    const last = this.#spans.at(-1);
    if (last === undefined) throw new Fault('journal-damaged', 'Restore the journal: it names no epoch.');
    return last;
  }

  all(): readonly Span[] {
    return this.#spans;
  }

  /** `at` of an entry, or undefined when this file doesn't have that epoch, or not that much of it. */
  at(epoch: Epoch, seq: Seq): number | undefined {
    const index = this.#spans.findIndex(span => span.epoch === epoch);
    const span = this.#spans[index];
    if (span === undefined) return undefined;
    const end = this.#spans[index + 1]?.base ?? Number.POSITIVE_INFINITY;
    return span.base + seq <= end ? span.base + seq : undefined;
  }

  placeOf(at: number): { readonly epoch: Epoch; readonly seq: Seq } {
    const span = this.#spans.findLast(({ base }) => base < at) ?? this.current;
    return { epoch: span.epoch, seq: (at - span.base) as Seq };
  }

  /**
   * `at` of the last entry that the cloud has had its say on. A new epoch goes on from what was open in the one before it: the
   * oldest is sent first, so the first checkpoint of the new one means that the cloud has booked the old one's end, or set it aside.
   * @param checkpoint the last one of an epoch; undefined when there was none
   */
  acknowledgedAt(checkpoint: (epoch: Epoch) => { readonly seq: number } | undefined): number {
    for (const { epoch, base } of this.#spans.toReversed()) {
      const seq = checkpoint(epoch)?.seq ?? 0;
      if (seq > 0) return base + seq;
    }
    return 0;
  }

  /** Within the caller's transaction. @throws Fault `epoch-not-newer` */
  open(next: Epoch, lastAt: number): void {
    if (next <= this.current.epoch) {
      throw new Fault('epoch-not-newer', 'Open a higher epoch than the one being written.', {
        detail: { current: this.current.epoch, asked: next },
      });
    }
    this.#db.prepare('INSERT INTO epoch VALUES (?, ?)').run(next, lastAt);
  }
}
