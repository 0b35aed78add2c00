/** Journals as bytes: what lies on the boxes' disks, or in the cloud, entry by entry, with the taps found by their ids. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type Read, type ReadOf, readEntry } from '../../audit/entry.ts';

export interface Stored {
  readonly ref: string;
  readonly box: number;
  readonly epoch: number;
  readonly seq: number;
  readonly content: Uint8Array;
  /** Undefined when it can't be read. */
  readonly read: Read | undefined;
}
export interface StoredTap extends Stored {
  readonly read: ReadOf<'tap'>;
}

export class Shelf {
  /** By place. */
  readonly entries = new Map<string, Stored>();
  readonly #taps = new Map<string, StoredTap[]>();
  readonly #settled = new Map<string, ReadOf<'settlement'>[]>();
  readonly #ends = new Map<string, number>();

  /** @returns the entries, read; one at a place that is taken already replaces what stood there */
  put(box: number, epoch: number, fromSeq: number, contents: readonly Uint8Array[]): readonly Stored[] {
    return contents.map((content, i) => {
      const seq = fromSeq + i;
      const ref = `${box}/${epoch}/${seq}`;
      const stored: Stored = { ref, box, epoch, seq, content, read: tryRead(content, seq, ref) };
      this.entries.set(ref, stored);
      this.#ends.set(`${box}/${epoch}`, Math.max(seq, this.endOf(box, epoch)));
      this.#index(stored);
      return stored;
    });
  }

  /** Takes out what stands behind `keptSeq`, and returns it. */
  cut(box: number, epoch: number, keptSeq: number): readonly Stored[] {
    const cut = [...this.entries.values()].filter(
      entry => entry.box === box && entry.epoch === epoch && entry.seq > keptSeq,
    );
    for (const { ref, read } of cut) {
      this.entries.delete(ref);
      if (read?.kind === 'tap')
        this.#taps.set(
          read.tap,
          this.tapsOf(read.tap).filter(tap => tap.ref !== ref),
        );
      // Its settlement, if there is one, stands behind it and goes too; one of an older tap goes alone.
      if (read?.kind === 'settlement') {
        const left = this.settlementsOf(read.of).filter(settlement => settlement !== read);
        this.#settled.set(read.of, left);
      }
    }
    this.#ends.set(`${box}/${epoch}`, Math.min(keptSeq, this.endOf(box, epoch)));
    return cut;
  }

  /** Seq of the last entry; 0 for none. */
  endOf(box: number, epoch: number): number {
    return this.#ends.get(`${box}/${epoch}`) ?? 0;
  }

  /** Several where the same tap was journaled again. */
  tapsOf(tapId: string): readonly StoredTap[] {
    return this.#taps.get(tapId) ?? [];
  }

  /** In their order of arrival. */
  settlementsOf(ref: string): readonly ReadOf<'settlement'>[] {
    return this.#settled.get(ref) ?? [];
  }

  *taps(): Generator<StoredTap> {
    for (const taps of this.#taps.values()) yield* taps;
  }

  #index({ read, ...place }: Stored): void {
    if (read?.kind === 'tap') {
      const others = this.tapsOf(read.tap).filter(({ ref }) => ref !== place.ref);
      this.#taps.set(read.tap, [...others, { ...place, read }]);
    } else if (read?.kind === 'settlement') {
      this.#settled.set(read.of, [...this.settlementsOf(read.of), read]);
    }
  }
}

function tryRead(content: Uint8Array, seq: number, ref: string): Read | undefined {
  try {
    const read = readEntry(content, seq, `entry ${ref}`);
    return 'tap' in read ? { ...read, tap: asShown(read.tap) } : read;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** Ids are 16 bytes in an entry, and a UUID's text on a screen. */
function asShown(hex: string): string {
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-');
}
