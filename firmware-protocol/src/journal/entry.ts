/**
 * The journal's entries: what a box (or the cloud, for its own journal) once wrote and never changes.
 *
 * An entry's content is the CBOR array [version, kind, seq, wallMs, monoMs, boot, body]. Kinds and the order of fields are for
 * ever; a change of shape is a new kind or a new version. An unknown one is rejected with its offset, never skipped:
 * a journal that is only half understood can't be booked.
 */
import type {
  BoxId,
  ChipUid,
  Epoch,
  Generation,
  KeySetNumber,
  OperatorId,
  PlanVersion,
  SaleId,
  Seq,
  ShiftId,
  TapId,
  TillId,
  WalletId,
} from '../ids.ts';
import { postings } from '../money/posting.ts';
import { CborReader, CborWriter } from './cbor.ts';
import {
  type AnyCodec,
  bytes,
  type Codec,
  type Decoded,
  hex,
  int,
  list,
  nullable,
  record,
  text,
  uuid,
  word,
} from './codec.ts';
import { effectCodec, PURSE_MAX_MINOR, slug, tapRefCodec } from './effect.ts';
import { postingsCodec } from './posting-codec.ts';

const VERSION = 1;
const MAX = Number.MAX_SAFE_INTEGER;
const minor = int(-MAX, MAX);
const generation = int<Generation>(1, 255);
const uid = hex<ChipUid>(7);
const wallet = hex<WalletId>(8);
const seq = int<Seq>(0, MAX);
/** A slot of the purse as its 20 bytes: docs/wire.md. */
const slot = bytes(20);

const tap = record(
  {
    tap: uuid<TapId>(),
    sale: nullable(uuid<SaleId>()),
    till: slug<TillId>(),
    operator: nullable(slug<OperatorId>()),
    shift: nullable(uuid<ShiftId>()),
    plan: int<PlanVersion>(0, 0xffff_ffff),
    /** How much of the cloud's journal the box had taken in when it decided. */
    cloudSeq: seq,
    /** `terminal`: through a reader behind the till, so this is the till's claim. */
    via: word('box', 'terminal'),
    uid,
    wallet,
    generation,
    /** Both slots as read. */
    slot0: slot,
    slot1: slot,
    /** Which of the two was the purse (`before`); null when the chip was blank. */
    from: nullable(int<0 | 1>(0, 1)),
    /** The image to be written, into slot `counter mod 2`. */
    after: slot,
    effects: list(effectCodec, 16),
    /** Booked at once: money that is on its way. */
    held: postingsCodec,
    /** Booked when the tap is posted; when it is dropped, `held` is turned back instead. */
    posted: postingsCodec,
  },
  (of, input) => ({
    tap: of.tap.read(input),
    sale: of.sale.read(input),
    till: of.till.read(input),
    operator: of.operator.read(input),
    shift: of.shift.read(input),
    plan: of.plan.read(input),
    cloudSeq: of.cloudSeq.read(input),
    via: of.via.read(input),
    uid: of.uid.read(input),
    wallet: of.wallet.read(input),
    generation: of.generation.read(input),
    slot0: of.slot0.read(input),
    slot1: of.slot1.read(input),
    from: of.from.read(input),
    after: of.after.read(input),
    effects: of.effects.read(input),
    held: of.held.read(input),
    posted: of.posted.read(input),
  }),
);

const settlement = record(
  {
    of: tapRefCodec,
    tap: uuid<TapId>(),
    uid,
    /** `abandoned`: the till gave up without a green screen; posted or dropped is for the image graph to say. */
    outcome: word('posted', 'dropped', 'abandoned'),
    /** How it is known: read back after the write, seen on the chip later, overwritten, by the cloud's graph, or at the close. */
    evidence: word('read-back', 'sight', 'overwritten', 'graph', 'close', 'none'),
  },
  (of, input) => ({
    of: of.of.read(input),
    tap: of.tap.read(input),
    uid: of.uid.read(input),
    outcome: of.outcome.read(input),
    evidence: of.evidence.read(input),
  }),
);

const credited = record({
  wallet,
  generation,
  /** Place in the list of this wallet and generation, from 1. */
  number: int(1, 255),
  mainMinor: int(0, 0xff_ff_ff),
  bonusMinor: int(0, 0xff_ff_ff),
  source: word('online', 'given-back', 'replacement', 'released', 'gift'),
  /** What it came from: a payment's id, or the tap that is given back. */
  reference: text(64),
  postings: postingsCodec,
});

const KINDS = {
  tap: [1, tap],
  settlement: [2, settlement],
  'drawer-paid': [
    3,
    record({
      of: tapRefCodec,
      tap: uuid<TapId>(),
      till: slug<TillId>(),
      operator: nullable(slug<OperatorId>()),
      postings: postingsCodec,
    }),
  ],
  'shift-opened': [
    4,
    record({ shift: uuid<ShiftId>(), till: slug<TillId>(), operator: slug<OperatorId>(), floatMinor: minor }),
  ],
  'shift-closed': [
    5,
    record({
      shift: uuid<ShiftId>(),
      till: slug<TillId>(),
      operator: slug<OperatorId>(),
      countedMinor: minor,
      expectedMinor: minor,
      postings: postingsCodec,
    }),
  ],
  'plan-applied': [6, record({ plan: int<PlanVersion>(0, 0xffff_ffff), hash: bytes(32) })],
  /** The box holds and obeys the cloud's journal up to here. */
  'cloud-cursor': [7, record({ seq, hash: bytes(32) })],
  /** Wall time moved against the monotonic clock. */
  'clock-jump': [8, record({ fromMs: minor, toMs: minor })],
  fault: [9, record({ code: text(64, /^[a-z0-9-]+$/), till: nullable(slug<TillId>()), message: text(500) })],
  'cap-extended': [
    10,
    record({ cap: word('box-offline', 'terminal'), byMinor: minor, approvedBy: slug<OperatorId>() }),
  ],
  // From here on: the cloud's journal.
  issued: [
    32,
    record({ uid, wallet, generation, ageClass: int(0, 255), keySet: int<KeySetNumber>(0, 255), root: slot }),
  ],
  credited: [33, credited],
  blocked: [
    34,
    record({ uid, wallet, generation, reason: word('fork', 'forgery', 'lost', 'replaced', 'staff') }),
  ],
  replaced: [
    35,
    record({ wallet, fromUid: uid, toUid: uid, fromGeneration: generation, toGeneration: generation }),
  ],
  'box-revoked': [36, record({ box: int<BoxId>(1, 0xffff), epoch: int<Epoch>(1, 0xffff_ffff), seq })],
  /** From here on nobody may reverse this sale, until the right is granted anew. */
  'reversal-withdrawn': [37, record({ of: tapRefCodec, tap: uuid<TapId>() })],
  /** From here on this box alone may reverse this sale; with all that a box needs which never saw the sale's entry. */
  'reversal-granted': [
    38,
    record({
      of: tapRefCodec,
      tap: uuid<TapId>(),
      to: int<BoxId>(1, 0xffff),
      /** The wristband that paid: it alone is given back to. */
      uid,
      mainMinor: int(-PURSE_MAX_MINOR, PURSE_MAX_MINOR),
      bonusMinor: int(0, PURSE_MAX_MINOR),
      /** What the sale posted, to be turned round. Not booked by this entry. */
      undone: postingsCodec,
    }),
  ],
} as const satisfies Record<string, readonly [number, AnyCodec]>;

export type EntryKind = keyof typeof KINDS;
export type Body<K extends EntryKind> = Decoded<(typeof KINDS)[K][1]>;

export interface Header {
  readonly seq: Seq;
  /** The box's idea of the time, epoch milliseconds. */
  readonly wallMs: number;
  /** Milliseconds since this boot, which no clock setting moves. */
  readonly monoMs: number;
  /** How many times this box has been started. */
  readonly boot: number;
}

const header = {
  seq: int<Seq>(1, MAX),
  wallMs: int(0, MAX),
  monoMs: int(0, MAX),
  boot: int(0, 0xffff_ffff),
};

/** An entry's kind and body, before it has a place in a journal. */
export type Draft = { [K in EntryKind]: { readonly kind: K; readonly body: Body<K> } }[EntryKind];
export type Entry = Header & Draft;
export type EntryOf<K extends EntryKind> = Header & { readonly kind: K; readonly body: Body<K> };
export type TapBody = Body<'tap'>;

const BY_NUMBER = new Map<number, { kind: string; codec: AnyCodec }>(
  Object.entries(KINDS).map(([kind, [number, codec]]) => [number, { kind, codec }]),
);

/** @returns the content bytes, as hashed, stored and sent. @throws RangeError, Fault `postings-unbalanced`: not an entry. */
export function encodeEntry(entry: Entry, out = new CborWriter()): Uint8Array {
  const [number, codec] = KINDS[entry.kind];
  out.reset().array(7);
  out.int(VERSION);
  out.int(number);
  header.seq.write(out, entry.seq);
  header.wallMs.write(out, entry.wallMs);
  header.monoMs.write(out, entry.monoMs);
  header.boot.write(out, entry.boot);
  (codec as Codec<unknown>).write(out, entry.body);
  return out.done();
}

/** @throws Fault `cbor-malformed` with the offset, for anything that is not exactly one entry of a known version and kind. */
export function decodeEntry(content: Uint8Array): Entry {
  const input = new CborReader(content);
  input.array(7);
  const versionAt = input.offset;
  if (input.int(0, 255) !== VERSION) input.fail(`a version that is not ${VERSION}`, versionAt);
  const kindAt = input.offset;
  const { kind, codec } = BY_NUMBER.get(input.int(0, 255)) ?? input.fail('an unknown kind', kindAt);
  const seq = header.seq.read(input);
  const wallMs = header.wallMs.read(input);
  const monoMs = header.monoMs.read(input);
  const boot = header.boot.read(input);
  const body = (codec as Codec<unknown>).read(input);
  input.end();
  return { seq, wallMs, monoMs, boot, kind, body } as Entry;
}

/** Every posting an entry brings by itself; a tap's `posted` lines come with its settlement. */
export function bookedAtOnce(entry: Draft) {
  switch (entry.kind) {
    case 'tap':
      return entry.body.held;
    case 'drawer-paid':
    case 'shift-closed':
    case 'credited':
      return entry.body.postings;
    default:
      return postings();
  }
}
