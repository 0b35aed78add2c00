/**
 * Room for what must not fail. Between a tap's entry and its settlement the chip changes, so the settlement must be sure to fit
 * on a disk that somebody else fills meanwhile. Asking how much is free doesn't make sure of it; owning the space does:
 *
 * - **Inside the database file** free pages are kept: a ballast is written, folded into the file (so its blocks are really allocated),
 *   and deleted again, which leaves its pages on SQLite's free list. New entries take pages from there, so folding the log into the
 *   file never makes the file longer, and neither ENOSPC nor `max_page_count` can come up.
 * - **Inside the write-ahead log** the file is long enough already: writing the ballast made it so, and SQLite overwrites the log from
 *   its start after each checkpoint instead of shortening it (`journal_size_limit` is left off). We time the checkpoints ourselves.
 *
 * Whatever isn't a settlement may only use what is beyond the reserve; a settlement may use the reserve. When the reserve can't be
 * made whole, taps are refused; as soon as it can, they go on. (On a file system that writes overwritten blocks elsewhere, such as
 * btrfs or ZFS, overwriting may need space too: docs/operations.md asks for ext4 or XFS.)
 */
import { type Database, FRAME_BYTES, PAGE_BYTES } from './database.ts';
import type { JournalLimits, Room } from './journal.ts';
import type { OpenPlace } from './place.ts';
import { diskFull, isDiskFull } from './storage-fault.ts';

/** A tap and its settlement together: pages they may take at worst, three random indexes and a long cart included. */
const PAGES_PER_TAP = 6;
/** A settlement takes a tenth of a page; a whole one each leaves no arithmetic to get wrong. */
const PAGES_PER_SETTLEMENT = 1;
/** The longest entry there can be (16 effects of 100 lines) takes fewer. */
const HEADROOM_PAGES = 32;
/** The ballast grows in steps of 1 MB, so that it is rarely topped up and never for long. */
const STEP_PAGES = 256;
/**
 * Frames that a commit adds to the log, and more: for the longest entry, and for each page that its jobs asked for. Should a group of
 * long entries take more yet, the log is as long again as it is let grow.
 */
const FRAMES_PER_COMMIT = 32;
const FRAMES_PER_PAGE = 3;

export class DiskRoom {
  readonly #db: Database;
  readonly #place: OpenPlace;
  readonly #limits: JournalLimits;
  readonly #freePages;
  readonly #log;
  #held = 0;
  /** The next frame goes to the start of the log. */
  #startsOver = false;
  #knownLogBytes = 0;
  /** Frames in the log, or more: asking SQLite takes longer than a whole statement, so it is asked when it may matter. */
  #framesAtMost = Number.POSITIVE_INFINITY;
  /** Pages on the free list as of the last commit; undefined when unknown. Only this connection takes any. */
  #knownFree: number | undefined;

  constructor(place: OpenPlace, limits: JournalLimits) {
    const db = place.writer;
    this.#db = db;
    this.#place = place;
    this.#limits = limits;
    this.#freePages = db.prepare<[], number>('PRAGMA freelist_count').pluck();
    this.#log = db.prepare<[], { log: number }>('PRAGMA wal_checkpoint(NOOP)');
    if (limits.maxPages !== undefined) this.limitPages(limits.maxPages);
  }

  limitPages(maxPages: number): void {
    this.#db.pragma(`max_page_count = ${Math.trunc(maxPages)}`);
  }

  /** @throws Fault `disk-full` */
  reserve(pendingTaps: number): Room {
    this.#held++;
    if (!this.ensure(pendingTaps)) {
      this.#held--;
      throw diskFull();
    }
    let held = true;
    const release = () => {
      if (held) this.#held--;
      held = false;
    };
    return {
      release,
      [Symbol.dispose]: release,
      get held() {
        return held;
      },
    };
  }

  /**
   * Is the reserve whole, once what can be done for it was done? Never within a transaction.
   * @param pages what the next transaction may take, beside the reserve; whether it got that much shows afterwards.
   */
  ensure(pendingTaps: number, pages = 0): boolean {
    if (this.#usedFrames() > this.#limits.walFrames) this.#checkpoint();
    const atLeast = this.#reservePages(pendingTaps) - this.#free();
    const missing = atLeast + pages + HEADROOM_PAGES;
    if (missing <= 0 && this.#logIsLong()) return true;
    this.#grow(missing, atLeast);
    return this.#free() >= this.#reservePages(pendingTaps) && this.#logIsLong();
  }

  /**
   * Within a transaction: are the pages of the reserve still untouched?
   * @param rooms of the taps written, which they may use up.
   */
  isWhole(pendingTaps: number, rooms: readonly (Room | undefined)[]): boolean {
    const own = PAGES_PER_TAP * rooms.filter(room => room?.held).length;
    return this.#countFree() >= this.#reservePages(pendingTaps) - own;
  }

  couldHold(entries: number, pendingTaps: number): boolean {
    const missing = this.#reservePages(pendingTaps) + entries * PAGES_PER_TAP - this.#free();
    // A log that is still short grows with the next entry: where nobody sells, nothing else would say that there is room again.
    return (missing <= 0 && this.#logIsLong()) || this.#mayGrow(Math.max(0, missing));
  }

  /** Right before a commit, within its transaction: how many pages it leaves. */
  committing(): void {
    this.#knownFree = this.#countFree();
  }

  /** After each commit: frames were added to the log. @param pages what its jobs asked for. */
  committed(pages: number): void {
    this.#framesAtMost = this.#usedAtMost() + FRAMES_PER_COMMIT + FRAMES_PER_PAGE * pages;
    this.#startsOver = false;
  }

  /** After anything else was written over this connection, or rolled back: count again. */
  forget(): void {
    this.#knownFree = undefined;
    this.#framesAtMost = Number.POSITIVE_INFINITY;
    this.#startsOver = false;
  }

  #reservePages(pendingTaps: number): number {
    return this.#limits.sparePages + pendingTaps * PAGES_PER_SETTLEMENT + this.#held * PAGES_PER_TAP;
  }

  #free(): number {
    this.#knownFree ??= this.#countFree();
    return this.#knownFree;
  }

  #countFree(): number {
    return this.#freePages.get() ?? 0;
  }

  #usedAtMost(): number {
    return this.#startsOver ? 0 : this.#framesAtMost;
  }

  /** What matters is whether they are over `walFrames`: so long as they can't be, an upper bound will do. */
  #usedFrames(): number {
    if (this.#usedAtMost() > this.#limits.walFrames)
      this.#framesAtMost = Math.max(0, this.#log.get()?.log ?? 0);
    return this.#usedAtMost();
  }

  #logIsLong(): boolean {
    const bytes = 32 + (this.#usedFrames() + this.#limits.walFrames) * FRAME_BYTES;
    // The log never gets shorter while it is open, so most of the time there is no need to look.
    if (this.#knownLogBytes < bytes) this.#knownLogBytes = this.#place.logBytes();
    return this.#knownLogBytes >= bytes;
  }

  /** RESTART, not PASSIVE: it says whether the log will start over, or whether another process's long read prevents it. */
  #checkpoint(): boolean {
    try {
      const [result] = this.#db.pragma('wal_checkpoint(RESTART)') as { busy: number }[];
      this.#startsOver = result?.busy === 0;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#startsOver = false;
    }
    return this.#startsOver;
  }

  /** Makes the free list longer by `missingPages`, or by what of it matters, and the log long enough. */
  #grow(missingPages: number, atLeast: number): void {
    // An empty log is long enough if it ever was.
    this.#checkpoint();
    const logPages = this.#logIsLong() ? 0 : 2 * this.#limits.walFrames;
    // Ballast takes the free pages first, and gives all of them back.
    const free = this.#free();
    // All that the cap leaves, down to one more tap: who appends without a reservation is refused no sooner than who asks for one.
    const oneTap = atLeast + PAGES_PER_TAP;
    const left = Math.max(oneTap, Math.min(missingPages, this.#maxPages() - this.#pageCount()));
    const step = [missingPages + STEP_PAGES, missingPages, left, oneTap, atLeast]
      .map(more => Math.max(0, more, logPages - free))
      .find(more => this.#mayGrow(more));
    if (step === undefined || step + logPages === 0) return;
    const pagesBefore = this.#pageCount();
    if (!this.#write('INSERT INTO ballast VALUES (zeroblob(?))', (free + step) * BLOB_BYTES_PER_PAGE)) return;
    const folded = this.#checkpoint();
    this.#write('DELETE FROM ballast');
    if (folded) return;
    // Somebody else took the space in between. Pages that exist only in the log are no reserve, and keep the log from starting over.
    this.#write(`PRAGMA incremental_vacuum(${this.#pageCount() - pagesBefore})`);
    this.#checkpoint();
  }

  #write(sql: string, ...values: readonly number[]): boolean {
    try {
      if (sql.startsWith('PRAGMA')) this.#db.exec(sql);
      else this.#db.prepare(sql).run(...values);
      return true;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      if (!isDiskFull(error)) throw error;
      return false;
    } finally {
      this.forget();
    }
  }

  /** A guess that keeps us from trying in vain at every tap; the truth comes out in trying. */
  #mayGrow(pages: number): boolean {
    // The ballast goes through the log, and so does taking it back.
    const logBytes = (this.#free() + pages + this.#limits.walFrames) * FRAME_BYTES;
    const moreBytes = pages * PAGE_BYTES + Math.max(0, logBytes - this.#place.logBytes());
    return this.#pageCount() + pages <= this.#maxPages() && this.#place.freeBytes() >= moreBytes;
  }

  #maxPages(): number {
    return Number(this.#db.pragma('max_page_count', { simple: true }));
  }

  #pageCount(): number {
    return Number(this.#db.pragma('page_count', { simple: true }));
  }
}

/** What of a page a long blob fills: all but the number of the page that follows (sqlite.org/fileformat2.html, 1.6). */
const BLOB_BYTES_PER_PAGE = PAGE_BYTES - 4;
