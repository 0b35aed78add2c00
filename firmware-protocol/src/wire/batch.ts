/**
 * The sync batch: a run of one journal's entries under a signed head, from a box to the cloud and from the cloud to a box.
 *
 * CBOR array [version 1, event, box, epoch, fromSeq, hash before fromSeq (32 bytes), [content, …], head]: contents as byte
 * strings, exactly as hashed; head a COSE_Sign1 byte string whose seq and hash are those of the batch's last entry. Whoever
 * takes it in works out every hash from the one before, so one signature vouches for the whole run.
 */
import type { BoxId, Epoch, EventId, Seq } from '../ids.ts';
import { CborReader, CborWriter } from '../journal/cbor.ts';

const VERSION = 1;
const HASH_BYTES = 32;
/** A head is about 140 bytes; this leaves room for a longer key id and nothing else. */
const HEAD_MAX_BYTES = 256;

export interface SyncBatch {
  readonly event: EventId;
  readonly box: BoxId;
  readonly epoch: Epoch;
  /** Seq of the first content; the others follow without gaps. */
  readonly fromSeq: Seq;
  /** Hash of entry `fromSeq` - 1, or the journal's genesis: 32 bytes. */
  readonly before: Uint8Array;
  /** `encodeEntry`'s bytes, at least one. */
  readonly contents: readonly Uint8Array[];
  /** `signHead('pulsera/head', …)` at the last of `contents`. */
  readonly head: Uint8Array;
}

export interface BatchLimits {
  readonly entries: number;
  /** Of one content. */
  readonly contentBytes: number;
}

/** What both sides keep to: a box cuts its batches so, and the cloud refuses larger ones. */
export const BATCH_LIMITS: BatchLimits = { entries: 4096, contentBytes: 0x1_0000 };

/** @throws RangeError for what no receiver would take. */
export function encodeBatch(batch: SyncBatch, limits: BatchLimits = BATCH_LIMITS): Uint8Array {
  const { contents } = batch;
  if (contents.length < 1 || contents.length > limits.entries) {
    throw new RangeError(`a batch holds 1 to ${limits.entries} entries, not ${contents.length}`);
  }
  if (batch.before.length !== HASH_BYTES) throw new RangeError(`${batch.before.length} bytes are no hash`);
  const out = new CborWriter();
  out.array(8);
  out.int(VERSION);
  out.int(batch.event);
  out.int(batch.box);
  out.int(batch.epoch);
  out.int(batch.fromSeq);
  out.bytes(batch.before);
  out.array(contents.length);
  for (const content of contents) {
    if (content.length > limits.contentBytes) {
      throw new RangeError(`an entry of ${content.length} bytes is over ${limits.contentBytes}`);
    }
    out.bytes(content);
  }
  out.bytes(batch.head);
  return out.done();
}

/**
 * Reads the frame only: neither entries, chain nor signature. Contents and hashes are views into `bytes`.
 * @throws Fault `cbor-malformed` with the offset
 */
export function decodeBatch(bytes: Uint8Array, limits: BatchLimits = BATCH_LIMITS): SyncBatch {
  const input = new CborReader(bytes);
  input.array(8);
  const versionAt = input.offset;
  if (input.int(0, 255) !== VERSION) input.fail(`a version that is not ${VERSION}`, versionAt);
  const event = input.int(1, 0xffff_ffff) as EventId;
  const box = input.int(0, 0xffff) as BoxId;
  const epoch = input.int(1, 0xffff_ffff) as Epoch;
  const fromSeq = input.int(1, Number.MAX_SAFE_INTEGER - limits.entries) as Seq;
  const before = input.bytes(HASH_BYTES);
  const length = input.array(1, limits.entries);
  const contents: Uint8Array[] = [];
  for (let i = 0; i < length; i++) contents.push(input.bytes(1, limits.contentBytes));
  const head = input.bytes(1, HEAD_MAX_BYTES);
  input.end();
  return { event, box, epoch, fromSeq, before, contents, head };
}
