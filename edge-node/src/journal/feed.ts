/** What sync reads: contents in order, on a connection of its own. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { plain } from './blob.ts';
import type { Database } from './database.ts';
import type { Epochs } from './epochs.ts';
import type { Position } from './position.ts';

export class Feed {
  readonly #epochs: Epochs;
  readonly #contents;
  readonly #hash;
  readonly #lastAt;

  constructor(reader: Database, epochs: Epochs) {
    this.#epochs = epochs;
    this.#contents = reader
      .prepare<[number, number, number], Uint8Array>(
        'SELECT content FROM entry WHERE at > ? AND at <= ? ORDER BY at LIMIT ?',
      )
      .pluck();
    this.#hash = reader.prepare<[number], Uint8Array>('SELECT hash FROM entry WHERE at = ?').pluck();
    this.#lastAt = reader.prepare<[], number | null>('SELECT max(at) FROM entry').pluck();
  }

  entriesAfter(epoch: Epoch, seq: Seq, maxEntries: number, maxBytes: number): readonly Uint8Array[] {
    const span = this.#span(epoch);
    if (span === undefined || maxEntries < 1) return [];
    const contents: Uint8Array[] = [];
    let bytes = 0;
    for (const content of this.#contents.iterate(span.base + seq, span.lastAt, Math.trunc(maxEntries))) {
      bytes += content.length;
      if (bytes > maxBytes && contents.length > 0) break;
      contents.push(plain(content));
    }
    return contents;
  }

  /** Where an epoch stood after entry `seq`. @param start where it began. @throws Fault `entry-missing` */
  positionAt(epoch: Epoch, seq: Seq, start: (epoch: Epoch) => Position): Position {
    const span = this.#span(epoch);
    if (span !== undefined && seq === 0) return start(epoch);
    const at = span === undefined ? Number.NaN : span.base + seq;
    const hash = span !== undefined && at <= span.lastAt ? this.#hash.get(at) : undefined;
    if (hash === undefined) {
      throw new Fault('entry-missing', 'Ask only for entries that this journal holds.', {
        detail: { epoch, seq },
      });
    }
    return { epoch, seq, hash: plain(hash) };
  }

  spans(): readonly { readonly epoch: Epoch; readonly lastSeq: Seq }[] {
    return this.#epochs.all().map(({ epoch }) => {
      const span = this.#span(epoch);
      return { epoch, lastSeq: ((span?.lastAt ?? 0) - (span?.base ?? 0)) as Seq };
    });
  }

  #span(epoch: Epoch): { readonly base: number; readonly lastAt: number } | undefined {
    const all = this.#epochs.all();
    const index = all.findIndex(span => span.epoch === epoch);
    const base = all[index]?.base;
    if (base === undefined) return undefined;
    return { base, lastAt: all[index + 1]?.base ?? this.#lastAt.get() ?? 0 };
  }
}
