/**
 * The disk of a box that is off: bytes that outlive it. They may be put back to what they were, be gone, or rot; and the disk may be so
 * small that it is full.
 */
import { openMemory, PAGE_BYTES } from '@pulsera/edge-node/journal/database';
import type { Journal } from '@pulsera/edge-node/journal/journal';
import { planMemory } from '@pulsera/edge-node/plan/memory';
import type { PlanPlace } from '@pulsera/edge-node/plan/place';

type Ends = ReturnType<Journal['epochs']>;

/** A sector of it, and what became of that. */
export interface Rot {
  /** Where: a share of all bytes, 0 to below 1. */
  readonly at: number;
  /** Of the bytes from there on, each is changed by this; 0 leaves nothing but zeros. */
  readonly xor: number;
  readonly bytes: number;
}

export class BoxDisk {
  image: Uint8Array = new Uint8Array(0);
  plan: PlanPlace = planMemory();
  /** Pages of 4 KB; undefined: as many as it likes. */
  maxPages: number | undefined;
  /** What is put in its place should it refuse to be read; undefined while it is sound. */
  spare: Uint8Array | undefined;
  /** How far its journal went when it was last up. */
  ends: Ends = [];
  /** The same, of what is not there any more. */
  #lost: Ends = [];

  /** From a copy; without one it is new. */
  put(image: Uint8Array = new Uint8Array(0)): void {
    this.image = image.slice();
    this.#lost = this.ends;
    this.spare = undefined;
    if (image.length === 0) this.plan = planMemory();
  }

  get pages(): number {
    return this.image.length / PAGE_BYTES;
  }

  /** As somebody copies a database who wants to save space. */
  pack(): void {
    const db = openMemory(this.image);
    db.exec('VACUUM');
    this.image = db.serialize();
    db.close();
  }

  /** @param spare what is there to be put in its place: an older copy, or nothing */
  rot({ at, xor, bytes }: Rot, spare: Uint8Array): void {
    const rotten = this.image.slice();
    const from = Math.floor(at * rotten.length);
    for (let i = from; i < Math.min(from + bytes, rotten.length); i++) {
      rotten[i] = xor === 0 ? 0 : (rotten[i] ?? 0) ^ xor;
    }
    this.image = rotten;
    this.spare = spare;
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
