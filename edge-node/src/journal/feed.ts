/** What sync reads: contents in order, on a connection of its own, and as they were written or not at all. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import { plain } from './blob.ts';
import type { Database } from './database.ts';
import type { Epochs } from './epochs.ts';
import type { Position } from './position.ts';
import { journalDamaged } from './storage-fault.ts';

interface Row {
  readonly at: number;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

export class Feed {
  readonly #epochs: Epochs;
  readonly #sha256: Sha256;
  readonly #rows;
  readonly #hash;
  readonly #lastAt;

  constructor(reader: Database, epochs: Epochs, sha256: Sha256) {
    this.#epochs = epochs;
    this.#sha256 = sha256;
    this.#rows = reader.prepare<[number, number, number], Row>(
      'SELECT at, content, hash FROM entry WHERE at > ? AND at <= ? ORDER BY at LIMIT ?',
    );
    this.#hash = reader.prepare<[number], Uint8Array>('SELECT hash FROM entry WHERE at = ?').pluck();
    this.#lastAt = reader.prepare<[], number | null>('SELECT max(at) FROM entry').pluck();
  }

  /**
   * @param start where an epoch began. @throws Fault `journal-damaged` naming the first entry that isn't what was written: a batch with it in
   * would be refused by the cloud, which can't tell why
   */
  entriesAfter(
    epoch: Epoch,
    seq: Seq,
    maxEntries: number,
    maxBytes: number,
    start: (epoch: Epoch) => Position,
  ): readonly Uint8Array[] {
    const span = this.#span(epoch);
    if (span === undefined || maxEntries < 1 || span.base + seq >= span.lastAt) return [];
    const contents: Uint8Array[] = [];
    let { hash } = this.positionAt(epoch, seq, start);
    let at = span.base + seq;
    let bytes = 0;
    for (const row of this.#rows.iterate(at, span.lastAt, Math.trunc(maxEntries))) {
      bytes += row.content.length;
      if (bytes > maxBytes && contents.length > 0) break;
      at += 1;
      if (row.at !== at) throw journalDamaged(at - span.base, 'it is missing');
      hash = entryHash(hash, row.content, this.#sha256);
      if (!equalBytes(hash, row.hash)) {
        throw journalDamaged(at - span.base, 'its content and its hash do not match');
      }
      contents.push(plain(row.content));
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
