/** A journal on disk that a test writes, damages behind its back, and opens again. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { afterEach, beforeEach } from 'vitest';
import { openWriter } from '../src/journal/database.ts';
import { type Journal, type JournalOptions, openJournal, verifyJournal } from '../src/journal/journal.ts';
import {
  boxKey,
  cloudKey,
  HandClock,
  sampleOptions,
  scratch,
  settlementDraft,
  sha256,
  tapDraft,
} from './journal-sample.ts';

/** A new one for each test. To be called where hooks may be. */
export function diskJournal(): DiskJournal {
  const disk = new DiskJournal();
  beforeEach(() => disk.open());
  afterEach(() => disk.remove());
  return disk;
}

export class DiskJournal {
  journal!: Journal;
  clock!: HandClock;
  options!: ReturnType<typeof sampleOptions>;
  #place!: ReturnType<typeof scratch>;

  open(): void {
    this.clock = new HandClock();
    this.#place = scratch();
    this.options = sampleOptions(this.#place.dir, this.clock);
    this.journal = openJournal(this.options);
  }

  async remove(): Promise<void> {
    await this.journal.close();
    this.#place.remove();
  }

  async reopen(change: Partial<JournalOptions> = {}): Promise<Journal> {
    await this.journal.close();
    this.journal = openJournal({ ...this.options, ...change });
    return this.journal;
  }

  /** Changes rows behind the journal's back, as a bad disk does. */
  async damage(sql: string): Promise<void> {
    await this.journal.close();
    const db = openWriter(this.options.file);
    for (const table of ['entry', 'head']) {
      for (const verb of ['update', 'delete']) db.exec(`DROP TRIGGER ${table}_no_${verb}`);
    }
    db.pragma('foreign_keys = OFF');
    db.exec(sql);
    db.close();
  }

  /** A tap, and that it went well. @returns where the tap stands */
  async post(n: number): Promise<Seq> {
    const { journal } = this;
    const [tap] = await journal.append([tapDraft(n)]);
    const seq = tap?.seq ?? (0 as Seq);
    await journal.append([settlementDraft(n, seq, 'posted', journal.epoch)]);
    return seq;
  }

  /** Read from the disk, from its first entry to its last. */
  verified() {
    const { place } = this.options;
    return verifyJournal({ place, sha256, verify: boxKey.verify, verifyCloud: cloudKey.verify });
  }
}
