/**
 * The box's journal: what was sold, loaded and paid out, on disk before anyone is told so.
 *
 * One SQLite file holds every epoch of one box's journal, the cloud's journal as far as it was pulled, and projections of the
 * two that can be thrown away and rebuilt. One process writes it, over one connection. This file is the folder's face: what the
 * tap flow, sync and the commands may ask of a journal. It knows no till, no plan and no network.
 */

import type { BoxId, Epoch, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Sign, Verify } from '@pulsera/firmware-protocol/journal/cose';
import type { Draft, Entry } from '@pulsera/firmware-protocol/journal/entry';
import type { Head } from '@pulsera/firmware-protocol/journal/head';
import type { Soon } from '../timers.ts';
import type { JournalPlace } from './place.ts';
import type { Asked, Views } from './views.ts';

export type { Asked, PendingTap, SeenWallet, TapRecord, TapState, Views } from './views.ts';

/** Wall time in epoch milliseconds, as wrong as it may be; monotonic milliseconds that no clock setting moves. */
export interface Clock {
  wallMs(): number;
  monoMs(): number;
}

export interface JournalLimits {
  /** How many entries before the last commit group are verified at start, at least. */
  readonly verifiedTail: number;
  /** Callers that share one commit at most. */
  readonly groupSize: number;
  /** Wall time may move this far against monotonic time before a `clock-jump` is journaled. */
  readonly clockJumpMs: number;
  /** Pages of 4 KB kept free inside the file, beside what pending taps still need. */
  readonly sparePages: number;
  /** Frames of 4 KB the write-ahead log holds before it is folded into the file; as many again are kept in reserve. */
  readonly walFrames: number;
  /** The file may not grow past this many pages: an operator's cap, and a way to play a full disk. */
  readonly maxPages?: number;
}

export interface JournalOptions {
  readonly place: JournalPlace;
  readonly event: EventId;
  readonly box: BoxId;
  /** The first epoch of a new journal. One that exists knows its own. */
  readonly epoch: Epoch;
  readonly sign: Sign;
  /** With the box's own public key: are the heads on this disk really ours? */
  readonly verify: Verify;
  readonly sha256: Sha256;
  readonly clock: Clock;
  /** When this turn of the event loop has come to its end: what was handed in by then is committed together. */
  readonly soon: Soon;
  readonly limits?: Partial<JournalLimits>;
}

export interface AppendOptions {
  /**
   * A digest of the till's request behind a tap, 32 bytes: kept beside the tap, so that the same tap id with another
   * request is told from a repetition.
   */
  readonly request?: Uint8Array;
  /** The request that leads to this entry, where it is no tap: `views.asked` finds the entry by it. */
  readonly asked?: Asked;
  /** The room reserved for this tap, which its entry uses up. Without one an append takes only what nobody reserved. */
  readonly room?: Room;
}

/**
 * Drafts made in the writer's turn, for what follows from entries that are still on their way to disk: `now` shows all that comes
 * before them in the journal. What it throws is this caller's fault alone.
 */
export type Drafting = (now: Pick<Views, 'openShift'>) => readonly Draft[];

/** A stretch of the cloud's journal; signatures were checked by whoever pulled it. */
export interface CloudBatch {
  /** The first content is entry `after` + 1. Entries the box already holds are passed over. */
  readonly after: Seq;
  readonly contents: readonly Uint8Array[];
  /** The cloud's head right behind the last content, opened, and as signed. */
  readonly head: Head;
  readonly signedHead: Uint8Array;
}

export interface Appended {
  readonly epoch: Epoch;
  readonly lastSeq: Seq;
  readonly entries: readonly Entry[];
}

/** Room on disk held for one tap: for its entry and for its settlement. Give it back when the tap is over. */
export interface Room extends Disposable {
  /** False once it was given back, or used up by an append. */
  readonly held: boolean;
  release(): void;
}

export interface Journal {
  readonly event: EventId;
  readonly box: BoxId;
  /** The epoch being written. */
  readonly epoch: Epoch;
  /** How many times this journal was opened, this time included. */
  readonly boot: number;
  /** The last entry on disk in the current epoch; 0 when there is none yet. */
  readonly lastSeq: Seq;
  /** The cloud's journal is held and obeyed up to here. */
  readonly cloudSeq: Seq;
  readonly views: Views;

  /**
   * Journals drafts, all or none. Callers of one turn of the event loop share a transaction, an fsync and a signed head; the promise
   * settles after that. A `clock-jump` entry may come before them, so their numbers are known only from the answer.
   * @throws Fault `draft-invalid`, `tap-id-reused`, `settlement-unknown`, `settlement-contradicts` (of this caller only);
   * `disk-full`, `journal-unwritable`, `journal-closed`
   */
  append(drafts: readonly Draft[] | Drafting, options?: AppendOptions): Promise<readonly Entry[]>;

  /**
   * Takes in a stretch of the cloud's journal, with a `cloud-cursor` entry of our own in the same transaction.
   * @returns the new cloud cursor. @throws Fault `cloud-journal-gap`, `cloud-journal-broken`, and as `append`
   */
  appendCloud(batch: CloudBatch): Promise<Seq>;

  /** Called after each commit, in order, once the callers were answered. @returns how to unsubscribe */
  onAppended(listener: (appended: Appended) => void): () => void;

  /**
   * Contents of the entries after `seq`, up to either bound (but at least one, if there is one), of any epoch. Reads on a connection
   * of its own: the writer never waits for it.
   * @throws Fault `journal-damaged` naming an entry that is not what was written; from then on every append is refused with it
   */
  entriesAfter(seq: Seq, maxEntries: number, maxBytes: number, epoch?: Epoch): readonly Uint8Array[];
  /** A head signed now for any entry (0: the empty journal). @throws Fault `entry-missing` */
  headAt(seq: Seq, epoch?: Epoch): Uint8Array;
  /** Every epoch in this file, oldest first. */
  epochs(): readonly { readonly epoch: Epoch; readonly lastSeq: Seq }[];
  /** The cloud's last checkpoint of an epoch, as it signed it. */
  checkpoint(epoch?: Epoch): { readonly seq: Seq; readonly signed: Uint8Array } | undefined;
  /**
   * Keeps the cloud's checkpoint; its signature was checked by the caller. An older one than held is passed over.
   * @throws Fault `journal-behind` (the cloud holds more than this disk: open a new epoch), `journal-forked`
   * (it holds other entries: open a new epoch), `journal-foreign`
   */
  acceptCheckpoint(checkpoint: Head, signed: Uint8Array): void;

  /** Before a chip is touched. @throws Fault `disk-full` unless an entry and its settlement are sure to fit. */
  reserve(): Room;
  /** Would `entries` more of usual size fit, pending taps' settlements counted in? For health and doctor. */
  hasRoomFor(entries: number): boolean;
  /** Moves the cap of the file's size, in pages of 4 KB. */
  limitPages(maxPages: number): void;

  /** Ends the current epoch and starts `next`; older ones stay readable. @throws Fault `epoch-not-newer` */
  openEpoch(next: Epoch): void;
  /** Drops the projections and replays every entry, in one transaction. */
  rebuild(): void;
  /** Commits what is queued, then closes. */
  close(): Promise<void>;
}

export { openJournal } from './open.ts';
export { verifyJournal } from './verify.ts';
