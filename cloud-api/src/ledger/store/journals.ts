/** All journals of an event: the boxes', and the cloud's own (box 0). They are only ever appended to. */
import type { BoxId, ChipUid, Epoch, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Entry, EntryOf } from '@pulsera/firmware-protocol/journal/entry';

/** One journal of an event. */
export interface JournalKey {
  readonly box: BoxId;
  readonly epoch: Epoch;
}

export interface StoredHead {
  readonly seq: Seq;
  /** Of entry `seq`; the genesis of an empty journal. */
  readonly hash: Uint8Array;
  /** As its keeper signed it; null of an empty journal. */
  readonly head: Uint8Array | null;
  /** As the cloud signed it; null of an empty journal and of the cloud's own. */
  readonly checkpoint: Uint8Array | null;
  /** `forked`: its box sent two versions of it; what is stored stays, and nothing is added any more. */
  readonly state: 'open' | 'forked';
  /** How much of the cloud's journal its box obeys, as far as the entries up to `seq` say; 0 of the cloud's own. */
  readonly obeyedSeq: Seq;
}

export interface ListedHead extends StoredHead, JournalKey {}

export interface JournalRow {
  readonly kind: string;
  readonly uid: ChipUid | null;
  readonly wallMs: number;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

/** The chip an entry is about; null for all that is about none. */
export function uidOf(entry: Entry): ChipUid | null {
  return 'uid' in entry.body ? entry.body.uid : null;
}

/** An entry that was stored before, with its journal. */
export interface StoredEntry extends TapRef {
  readonly entry: Entry;
}

export interface Journals {
  /** Where a journal ends, locked until the transaction is over: the lock under which it grows. Made where there is none. */
  lock(key: JournalKey): Promise<StoredHead>;
  saveHead(key: JournalKey, head: StoredHead): Promise<void>;
  /** Of all journals, or of one box's, in order. Empty journals are left out. */
  heads(box?: BoxId): Promise<ListedHead[]>;
  /** @param fromSeq of the first row; the others follow. The journal must be locked. */
  append(key: JournalKey, fromSeq: Seq, rows: readonly JournalRow[]): Promise<void>;
  /** The hash of one entry, or undefined past the end. */
  hashAt(key: JournalKey, seq: Seq): Promise<Uint8Array | undefined>;
  /** A stretch of one journal, in order. */
  after(key: JournalKey, seq: Seq, limit: number): Promise<Pick<JournalRow, 'content' | 'hash'>[]>;
  /** Those of these places that there is an entry at, in any order. */
  at(refs: readonly TapRef[]): Promise<StoredEntry[]>;
  /** Everything that any journal says of these chips, by box, epoch and seq. */
  about(uids: readonly ChipUid[]): Promise<StoredEntry[]>;
  /** What the cloud's journal says of these chips being out of use, in order. */
  blocks(uids: readonly ChipUid[]): Promise<EntryOf<'blocked'>[]>;
}
