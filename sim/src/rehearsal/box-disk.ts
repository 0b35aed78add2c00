/**
 * The disk of a box that is off: bytes that outlive it. They may be put back to what they were, be gone, or rot; and the disk may be so
 * small that it is full.
 */
import { type Database, openMemory, PAGE_BYTES, SqliteError } from '@pulsera/edge-node/journal/database';
import type { Journal } from '@pulsera/edge-node/journal/journal';
import { planMemory } from '@pulsera/edge-node/plan/memory';
import type { PlanPlace } from '@pulsera/edge-node/plan/place';

type Ends = ReturnType<Journal['epochs']>;

/** What becomes of an entry of its journal. */
export interface Rot {
  /** `entry`: of its content. `page`: of the database's page that it lies on, from its header on. */
  readonly of: 'entry' | 'page';
  /** Which entry: a share of all there are, 0 to below 1. */
  readonly at: number;
  /** So many bytes are each changed by that. */
  readonly bytes: number;
  readonly xor: number;
}

export class BoxDisk {
  image: Uint8Array = new Uint8Array(0);
  plan: PlanPlace = planMemory();
  /** Pages of 4 KB; undefined: as many as it likes. */
  maxPages: number | undefined;
  /** What is put in its place should it refuse to be read; undefined while there is no reason that it should, here or in a copy. */
  spare: Uint8Array | undefined;
  /** How far its journal went when it was last up. */
  ends: Ends = [];
  /** The same, of what is not there any more. */
  #lost: Ends = [];

  /** From a copy; without one it is new. */
  put(image: Uint8Array = new Uint8Array(0)): void {
    this.image = image.slice();
    this.#lost = this.ends;
    // A copy may be as rotten as what it was made of.
    if (this.spare !== undefined) this.spare = new Uint8Array(0);
    if (image.length === 0) this.plan = planMemory();
  }

  get pages(): number {
    return this.image.length / PAGE_BYTES;
  }

  /** As somebody copies a database who wants to save space; what can't be read is copied as it is. */
  pack(): void {
    this.image =
      this.#read(db => {
        db.exec('VACUUM');
        return db.serialize();
      }) ?? this.image;
  }

  /**
   * @param spare what is there to be put in its place: an older copy, or nothing
   * @returns false when there is no entry that could rot
   */
  rot({ of, at, bytes, xor }: Rot, spare: Uint8Array): boolean {
    const found = this.#placeOf(at);
    if (found === undefined) return false;
    const rotten = this.image.slice();
    const from = of === 'entry' ? found : found - (found % PAGE_BYTES);
    for (let i = from; i < from + bytes; i++) rotten[i] = (rotten[i] ?? 0) ^ xor;
    this.image = rotten;
    this.spare = spare;
    return true;
  }

  /** Where the middle of an entry's content lies. */
  #placeOf(share: number): number | undefined {
    const content = this.#read(db =>
      db
        .prepare<[number], Uint8Array>(
          'SELECT content FROM entry WHERE at = 1 + CAST(? * (SELECT count(*) FROM entry) AS INTEGER)',
        )
        .pluck()
        .get(share),
    );
    const at = content === undefined ? -1 : Buffer.from(this.image).indexOf(content);
    return at < 0 ? undefined : at + ((content?.length ?? 0) >> 1);
  }

  /** Undefined where it is no database any more, or never was one. */
  #read<T>(read: (db: Database) => T): T | undefined {
    const db = openMemory(this.image);
    try {
      return read(db);
    } catch (error) {
      if (error instanceof SqliteError) return undefined;
      throw error;
    } finally {
      db.close();
    }
  }

  /** What a journal that was opened on it lacks, told once. */
  takeLoss(kept: Ends): Ends {
    const keptSeqs = new Map(kept.map(({ epoch, lastSeq }) => [epoch, lastSeq]));
    const lost = this.#lost.filter(({ epoch, lastSeq }) => (keptSeqs.get(epoch) ?? 0) < lastSeq);
    this.#lost = [];
    return lost.map(({ epoch }) => ({
      epoch,
      lastSeq: keptSeqs.get(epoch) ?? (0 as Ends[number]['lastSeq']),
    }));
  }
}
