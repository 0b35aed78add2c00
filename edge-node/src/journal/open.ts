/** Opens the journal: locks it, makes sure of its tail, counts the boot, and puts the parts together. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { CLOUD_BOX, type Epoch, type Seq } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { uuidBytes } from './blob.ts';
import { clampMs, type Instant } from './clock-jump.ts';
import { CLOUD_EPOCH, continueCloud } from './cloud-batch.ts';
import type { Database } from './database.ts';
import { Epochs } from './epochs.ts';
import { Feed } from './feed.ts';
import { GroupCommit, type Job } from './group-commit.ts';
import type { Appended, Journal, JournalLimits, JournalOptions } from './journal.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import type { OpenPlace } from './place.ts';
import { startOf } from './position.ts';
import { projector as projectorOf } from './projection/projections.ts';
import { viewsOf } from './read-views.ts';
import { rebuildProjections } from './rebuild.ts';
import { DiskRoom } from './room.ts';
import { prepareSchema } from './schema.ts';
import { isFatal, storageFault } from './storage-fault.ts';
import { verifyTail } from './tail.ts';
import { type End, Writer } from './writer.ts';

const LIMITS: JournalLimits = {
  verifiedTail: 1000,
  groupSize: 64,
  clockJumpMs: 5000,
  sparePages: 64,
  walFrames: 1024,
};

/** A usual cart, its rows in the projections, and the page kept for its settlement. */
const PAGES_PER_DRAFT = 3;
const PAGES_PER_CLOUD_ENTRY = 0.25;

/** Kinds that finish what an earlier entry began: they may use the room that was kept for them. */
const FINISHING: ReadonlySet<string> = new Set(['settlement', 'drawer-paid']);

/**
 * @throws Fault `journal-in-use`, `journal-damaged` (naming the entry), `journal-foreign`, `journal-version`, `journal-unreadable`,
 * `sqlite-unsafe`, `disk-full`
 */
export function openJournal(options: JournalOptions): Journal {
  let place: OpenPlace | undefined;
  try {
    place = options.place.open();
    prepareSchema(place.writer, options.event, options.box, options.epoch);
    return assemble(options, place);
  } catch (error) {
    place?.close();
    throw storageFault(error);
  }
}

function assemble(options: JournalOptions, place: OpenPlace): Journal {
  const { event, box, sign, verify, sha256, clock, soon } = options;
  const { writer: db, reader } = place;
  const limits = { ...LIMITS, ...options.limits };
  const ledger = ledgerOf(db);
  const epochs = new Epochs(db);
  const room = new DiskRoom(place, limits);
  const tail = verifyTail({ db, ledger, epochs, event, box, sha256, verify, entries: limits.verifiedTail });
  const projector = projectorOf(db, box, epochs);
  const views = viewsOf({ db, box, epochs, ledger, taps: projector.taps });
  const feed = new Feed(reader, epochs, sha256);
  const boot = countBoot(db, clock);
  const now = (): Instant => ({ wallMs: clampMs(clock.wallMs()), monoMs: clampMs(clock.monoMs()), boot });

  const start = startOf({ event, box }, epochs.current.epoch, sha256);
  const at = tail?.at ?? 0;
  const here = tail !== undefined && at > epochs.current.base;
  const end: End = {
    epoch: start.epoch,
    seq: (here ? at - epochs.current.base : 0) as Seq,
    hash: here ? tail.hash : start.hash,
    at,
    instant: instantAt(ledger, at),
    cloud: heldOfCloud(ledger) ?? startOf({ event, box: CLOUD_BOX }, CLOUD_EPOCH, sha256),
    pendingTaps: views.pendingCount(),
  };
  const parts = { event, box, sign, sha256, clockJumpMs: limits.clockJumpMs, ledger, projector };
  const writer = new Writer(parts, end, now());
  const listeners = new Set<(appended: Appended) => void>();
  const commits = new GroupCommit({
    db,
    writer,
    room,
    soon,
    groupSize: limits.groupSize,
    begin: () => writer.beginGroup(now()),
    committed: () => {
      const { epoch, seq } = writer.end;
      const appended = { epoch, lastSeq: seq, entries: writer.written() };
      for (const listener of listeners) listener(appended);
    },
  });
  room.ensure(end.pendingTaps);
  let closed = false;
  const startOfEpoch = (epoch: Epoch) => startOf({ event, box }, epoch, sha256);
  /** What reading finds damaged ends the writing too: nothing is sold on a chain that the cloud could never take. */
  const reading = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      const fault = storageFault(error);
      if (fault instanceof Fault && (fault.code === 'journal-damaged' || isFatal(error))) commits.stop(fault);
      throw fault;
    }
  };

  return {
    event,
    box,
    boot,
    views,
    get epoch() {
      return writer.end.epoch;
    },
    get lastSeq() {
      return writer.end.seq;
    },
    get cloudSeq() {
      return writer.end.cloud.seq;
    },
    append: (drafts, { request, asked, room: reserved } = {}) =>
      commits.submit({
        run: to => {
          const entries = to.append(typeof drafts === 'function' ? drafts(views) : drafts, request);
          if (asked) ledger.insertAsked(uuidBytes(asked.id), to.end.at, asked.digest);
          return entries;
        },
        mayUseReserve: typeof drafts !== 'function' && drafts.every(({ kind }) => FINISHING.has(kind)),
        pages: PAGES_PER_DRAFT * (typeof drafts === 'function' ? 1 : drafts.length),
        room: reserved,
      }),
    appendCloud: batch =>
      commits.submit<Seq>({
        mayUseReserve: false,
        pages: PAGES_PER_CLOUD_ENTRY * batch.contents.length,
        run: to => {
          const chained = continueCloud(event, to.end.cloud, batch, sha256);
          for (const { entry, content, hash } of chained) to.takeFromCloud(entry, content, hash);
          const { seq, hash } = to.end.cloud;
          if (chained.length > 0) {
            ledger.insertCloudHead(seq, batch.signedHead);
            to.append([{ kind: 'cloud-cursor', body: { seq, hash } }]);
          }
          return seq;
        },
      } satisfies Job<Seq>),
    onAppended: listener => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    entriesAfter: (seq, maxEntries, maxBytes, epoch = writer.end.epoch) =>
      reading(() => feed.entriesAfter(epoch, seq, maxEntries, maxBytes, startOfEpoch)),
    headAt: (seq, epoch = writer.end.epoch) => {
      const position = reading(() => feed.positionAt(epoch, seq, startOfEpoch));
      return writer.signedHead({ event, box, ...position, wallMs: now().wallMs });
    },
    epochs: () => feed.spans(),
    checkpoint: (epoch = writer.end.epoch) => {
      const row = ledger.checkpoint(epoch);
      return row && { seq: row.seq as Seq, signed: row.signed };
    },
    acceptCheckpoint: (checkpoint, signed) => {
      const { epoch, seq, hash } = checkpoint;
      if (checkpoint.event !== event || checkpoint.box !== box) {
        throw new Fault(
          'journal-foreign',
          'Report this to the operator of the cloud: a checkpoint of another box came.',
        );
      }
      const last = feed.spans().find(span => span.epoch === epoch)?.lastSeq;
      if (last === undefined || seq > last) {
        throw new Fault(
          'journal-behind',
          'Open a new epoch: the cloud holds more of this journal than this disk.',
          {
            detail: { epoch, held: last ?? null, cloud: seq },
          },
        );
      }
      const ours = feed.positionAt(epoch, seq, startOfEpoch);
      if (!equalBytes(ours.hash, hash)) {
        throw new Fault('journal-forked', 'Open a new epoch: the cloud holds other entries than this disk.', {
          detail: { epoch, seq },
        });
      }
      if (seq < (ledger.checkpoint(epoch)?.seq ?? 0)) return;
      ledger.putCheckpoint(epoch, seq, signed);
      room.forget();
    },
    reserve: () => room.reserve(writer.end.pendingTaps),
    hasRoomFor: entries => room.couldHold(entries, writer.end.pendingTaps),
    limitPages: maxPages => room.limitPages(maxPages),
    openEpoch: next => {
      commits.flush();
      db.transaction(() => epochs.open(next, writer.end.at)).immediate();
      room.forget();
      epochs.reload();
      writer.rollBackTo({ ...writer.end, ...startOf({ event, box }, next, sha256) });
    },
    rebuild: () => {
      commits.flush();
      rebuildProjections(db, epochs, projector);
      room.forget();
      writer.rollBackTo({ ...writer.end, pendingTaps: views.pendingCount() });
    },
    close: async () => {
      if (closed) return;
      closed = true;
      commits.flush();
      commits.stop(new Fault('journal-closed', 'Start the box again: its journal was closed.'));
      place.close();
    },
  };
}

function countBoot(db: Database, clock: JournalOptions['clock']): number {
  const last = db.prepare<[], number | null>('SELECT max(boot) FROM boot').pluck().get() ?? 0;
  db.prepare('INSERT INTO boot VALUES (?, ?, ?)').run(
    last + 1,
    clampMs(clock.wallMs()),
    clampMs(clock.monoMs()),
  );
  return last + 1;
}

function instantAt(ledger: Ledger, at: number): Instant | undefined {
  const stored = ledger.entry(at);
  if (stored === undefined) return undefined;
  const { wallMs, monoMs, boot } = decodeEntry(stored.content);
  return { wallMs, monoMs, boot };
}

function heldOfCloud(ledger: Ledger): { seq: Seq; hash: Uint8Array } | undefined {
  const last = ledger.lastCloud();
  return last && { seq: last.seq as Seq, hash: last.hash };
}
