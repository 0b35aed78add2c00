/**
 * Group commit: whatever is handed in within one turn of the event loop shares one transaction, one fsync and one signature, and
 * nobody is answered before. A bad draft is refused to its caller alone: the group is then written anew, with a savepoint for each.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Soon } from '../timers.ts';
import { type Database, sqliteCode } from './database.ts';
import type { Room } from './journal.ts';
import type { DiskRoom } from './room.ts';
import { diskFull, isDiskFull, isFatal, storageFault } from './storage-fault.ts';
import type { Writer } from './writer.ts';

/** One caller's work. */
export interface Job<T = unknown> {
  /** Run once more when it was taken back on account of another caller. */
  run(writer: Writer): T;
  /** Settlements may use the reserve that was kept for them. */
  readonly mayUseReserve: boolean;
  /** Room that was reserved for it. */
  readonly room?: Room | undefined;
  /** Pages of the file it may take, roughly. */
  readonly pages: number;
}

interface Queued {
  readonly job: Job;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

export interface GroupCommitParts {
  readonly db: Database;
  readonly writer: Writer;
  readonly room: DiskRoom;
  readonly soon: Soon;
  readonly groupSize: number;
  /** Called before each group: sets the time its entries bear. */
  readonly begin: () => void;
  /** Called after each commit that wrote something, when its callers were answered. */
  readonly committed: () => void;
}

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  readonly #begin;
  readonly #commit;
  readonly #savepoint;
  readonly #release;
  readonly #rollBackTo;
  #queue: Queued[] = [];
  #scheduled = false;
  #stopped: Fault | undefined;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
    const { db } = parts;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#savepoint = db.prepare('SAVEPOINT caller');
    this.#release = db.prepare('RELEASE caller');
    this.#rollBackTo = db.prepare('ROLLBACK TO caller');
  }

  submit<T>(job: Job<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#stopped !== undefined) {
        reject(this.#stopped);
        return;
      }
      this.#queue.push({ job, resolve: value => resolve(value as T), reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#parts.soon(() => {
        this.#scheduled = false;
        this.flush();
      });
    });
  }

  /** Commits all that is queued, now. */
  flush(): void {
    while (this.#queue.length > 0) this.#commitGroup(this.#queue.splice(0, this.#parts.groupSize));
  }

  /** From now on everything is refused with this fault. */
  stop(fault: Fault): void {
    this.#stopped ??= fault;
    for (const { reject } of this.#queue.splice(0)) reject(this.#stopped);
  }

  #commitGroup(group: readonly Queued[]): void {
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.#attemptAll(group);
    } catch (error) {
      outcomes = isDiskFull(error) ? this.#onlySettlements(group, error) : this.#failAll(group, error);
    }
    for (const [i, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[i] ?? { error: diskFull() };
      if ('value' in outcome) resolve(outcome.value);
      else reject(outcome.error);
    }
    if (this.#parts.writer.written().length > 0) this.#parts.committed();
  }

  /** The disk had no room for all of it: settlements are tried alone, before anything else can take their place. */
  #onlySettlements(group: readonly Queued[], cause: unknown): readonly Outcome[] {
    const settlements = group.filter(({ job }) => job.mayUseReserve);
    const refused = { error: diskFull(cause) };
    try {
      const outcomes = settlements.length === group.length ? [] : this.#attemptAll(settlements);
      return group.map(queued => outcomes[settlements.indexOf(queued)] ?? refused);
    } catch (error) {
      return isDiskFull(error) ? group.map(() => refused) : this.#failAll(group, error);
    }
  }

  #failAll(group: readonly Queued[], error: unknown): readonly Outcome[] {
    const fault = storageFault(error);
    if (isFatal(error) && fault instanceof Fault) this.stop(fault);
    return group.map(() => ({ error: fault }));
  }

  #attemptAll(group: readonly Queued[]): readonly Outcome[] {
    const { db, writer, room } = this.#parts;
    const start = writer.end;
    this.#parts.begin();
    const pages = group.reduce((sum, { job }) => sum + job.pages, 0);
    const roomy = room.ensure(start.pendingTaps, pages);
    try {
      this.#begin.run();
      const outcomes = this.#together(group, roomy) ?? group.map(({ job }) => this.#attempt(job, roomy));
      if (writer.end.at === start.at) {
        db.exec('ROLLBACK');
        room.forget();
      } else {
        writer.seal();
        room.committing();
        this.#commit.run();
        room.committed(pages);
        for (const [i, { job }] of group.entries()) if ('value' in (outcomes[i] ?? {})) job.room?.release();
      }
      return outcomes;
    } catch (error) {
      writer.rollBackTo(start);
      // SQLite has rolled back by itself after some errors.
      if (db.inTransaction) db.exec('ROLLBACK');
      room.forget();
      throw error;
    }
  }

  /**
   * As if nobody could be refused, as almost nobody is: behind a savepoint, SQLite copies every page before it is changed.
   * @returns undefined when somebody was refused; the transaction is a new one then.
   */
  #together(group: readonly Queued[], roomy: boolean): readonly Outcome[] | undefined {
    const { db, writer, room } = this.#parts;
    const start = writer.end;
    try {
      const outcomes = group.map(({ job }) =>
        isAdmitted(job, roomy) ? { value: job.run(writer) } : { error: diskFull() },
      );
      const mayUseReserve = group.every(({ job }) => job.mayUseReserve);
      const rooms = group.map(({ job }) => job.room);
      if (mayUseReserve || room.isWhole(writer.end.pendingTaps, rooms)) return outcomes;
    } catch (error) {
      if (isOfGroup(error)) throw error;
    }
    writer.rollBackTo(start);
    db.exec('ROLLBACK');
    room.forget();
    this.#begin.run();
    return undefined;
  }

  #attempt(job: Job, roomy: boolean): Outcome {
    const { writer, room } = this.#parts;
    const before = writer.end;
    if (!isAdmitted(job, roomy)) return { error: diskFull() };
    this.#savepoint.run();
    try {
      const value = job.run(writer);
      if (!job.mayUseReserve && !room.isWhole(writer.end.pendingTaps, [job.room])) throw diskFull();
      this.#release.run();
      return { value };
    } catch (error) {
      if (isOfGroup(error)) throw error;
      this.#rollBackTo.run();
      this.#release.run();
      writer.rollBackTo(before);
      return { error: storageFault(error) };
    }
  }
}

/** With the reserve not whole, only what it is there for goes on. */
const isAdmitted = ({ mayUseReserve, room }: Job, roomy: boolean) =>
  roomy || mayUseReserve || room?.held === true;

/** A constraint is the caller's mistake; anything else that SQLite reports concerns the whole group. */
function isOfGroup(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== '' && !code.startsWith('SQLITE_CONSTRAINT');
}
