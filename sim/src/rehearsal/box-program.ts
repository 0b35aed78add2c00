/** What runs on a box from one start to its end: the real journal, plan keeper, desk and sync, put together as `startBox` does it. */
import { ReaderRegistry } from '@pulsera/edge-node/device/reader-registry';
import type { Database } from '@pulsera/edge-node/journal/database';
import { type Journal, openJournal } from '@pulsera/edge-node/journal/journal';
import { type MemoryPlace, memoryPlace } from '@pulsera/edge-node/journal/memory-place';
import { PlanKeeper } from '@pulsera/edge-node/plan/keeper';
import type { PlanPlace } from '@pulsera/edge-node/plan/place';
import { createTillDesk, type TillDesk } from '@pulsera/edge-node/stand/desk';
import { faultRecord } from '@pulsera/edge-node/stand/fault-record';
import type { CloudLink } from '@pulsera/edge-node/sync/cloud-link';
import { askForRight } from '@pulsera/edge-node/sync/right';
import { type Sync, startSync } from '@pulsera/edge-node/sync/sync';
import { ChipKeys } from '@pulsera/edge-node/tap/keys';
import { nonces } from '@pulsera/edge-node/tap/nonces';
import { faultCode } from '@pulsera/firmware-protocol/fault';
import type { BoxId, Epoch, Seq, TillId } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { BoxClock } from './box-clock.ts';
import type { Festival } from './festival.ts';
import type { Life } from './life.ts';
import type { SigningKey } from './signing-key.ts';
import type { ToTill } from './till-wire.ts';
import type { VirtualTime } from './time.ts';
import type { Trace } from './trace.ts';
import type { Witness } from './witness.ts';

export interface ProgramParts {
  readonly number: BoxId;
  readonly name: string;
  readonly key: SigningKey;
  readonly clock: BoxClock;
  readonly life: Life;
  readonly link: CloudLink;
  /** Wired to the box. */
  readonly wired: ReadonlyMap<TillId, VirtualReader>;
  /** What lies on the disk. */
  readonly image: Uint8Array;
  readonly plan: PlanPlace;
  readonly maxPages: number | undefined;
  readonly festival: Festival;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly witness: Witness;
  readonly sha256: Sha256;
  /** To a till, as JSON. */
  readonly send: (till: TillId, leaf: ToTill['leaf'], json: string) => void;
  /** It has to tell its tills that something is wrong with it. */
  readonly ails: (code: string) => void;
  /** Something is on disk, and nobody has heard of it yet. */
  readonly committed: () => void;
}

export interface Program {
  readonly life: Life;
  readonly place: MemoryPlace;
  readonly journal: Journal;
  readonly readers: ReaderRegistry;
  readonly desk: TillDesk;
  readonly sync: Sync;
  /** Some bytes of an entry on disk change under its hands. @param at as a share of all entries. @returns false when there is none */
  readonly rot: (at: number, xor: number) => boolean;
}

/** Small: a snapshot is taken at each power cut, and what is kept free is part of it; and an evening's journal is to be longer than its verified end. */
const JOURNAL_LIMITS = { sparePages: 16, verifiedTail: 20 };
const FIRST_EPOCH = 1 as Epoch;

/** @throws Fault of `openJournal`, `plan-damaged` */
export function startProgram(parts: ProgramParts): Program {
  const { festival, trace, sha256, time, random, clock, name, life } = parts;
  const { event } = festival;
  const cloudVerify = festival.cloudKey.verify;
  const { place, rot } = rottingPlace(parts.image);
  const journal = journalOf(parts, place);
  const plans = new PlanKeeper({
    place: life.plan(parts.plan),
    event,
    verify: cloudVerify,
    sha256,
    journal,
  });
  const link = life.link(parts.link);
  const keys = new ChipKeys(event, [festival.keySet]);
  const send = life.while(parts.send);
  const readers = new ReaderRegistry({
    publishState: () => {},
    sendScript: (till, script) => {
      send(till, 'reader/script', JSON.stringify(script));
      return true;
    },
    timers: life,
    boot: journal.boot,
  });
  for (const [till, reader] of parts.wired) readers.assign(till, life.reader(reader));
  const recordFault = faultRecord(journal, () => clock.monoMs());
  const desk = createTillDesk({
    journal,
    plans,
    readerOf: till => readers.readerOf(till),
    keys: () => keys,
    timers: life,
    nonce: nonces(length => random.bytes(length)),
    sha256,
    cutOffSinceMs: () => sync.cutOffSinceMs(),
    askForRight: (question, signal) => askForRight({ journal, link, timers: life }, question, signal),
    send,
    report: life.while((fault, till, leaf) => {
      trace.note(name, 'fault', { till, leaf, code: fault.code });
      parts.ails(fault.code);
      // The till is told politely; here it ends the night, with its stack.
      if (fault.code === 'unexpected') time.beside(Promise.reject(fault.cause));
      time.beside(recordFault(fault, till));
    }),
  });
  const told = life.while((data: object, text: string) => trace.note(name, text, figuresOf(data)));
  const sync = startSync({
    journal,
    obey: batch => desk.obey(batch),
    link,
    cloudVerify,
    plan: {
      version: () => plans.version(),
      apply: async signed => {
        trace.note(name, 'plan', { result: await plans.apply(signed), version: plans.version() });
      },
    },
    log: { info: told, warn: told },
    wallMs: () => clock.wallMs(),
    timers: life,
    random: () => random.u32() / 2 ** 32,
  });
  return { life, place, journal, readers, desk, sync, rot };
}

function rottingPlace(image: Uint8Array): Pick<Program, 'place' | 'rot'> {
  const place = memoryPlace(image);
  let writer: Database | undefined;
  const open = () => {
    const opened = place.open();
    writer = opened.writer;
    return opened;
  };
  const rot = (share: number, xor: number) => {
    const sql = (text: string) => writer?.prepare<unknown[], unknown>(text).pluck();
    const at = 1 + Math.floor(share * Number(sql('SELECT count(*) FROM entry')?.get() ?? 0));
    const content = sql('SELECT content FROM entry WHERE at = ?')?.get(at);
    const guard = sql("SELECT sql FROM sqlite_schema WHERE name = 'entry_no_update'")?.get();
    if (!(content instanceof Uint8Array) || typeof guard !== 'string') return false;
    const middle = content.length >> 1;
    content[middle] = (content[middle] ?? 0) ^ xor;
    writer?.exec('DROP TRIGGER entry_no_update');
    writer?.prepare('UPDATE entry SET content = ? WHERE at = ?').run(content, at);
    writer?.exec(guard);
    return true;
  };
  return { place: { ...place, open }, rot };
}

/** Everything that lands on its disk is told, right behind its commit. */
function journalOf(parts: ProgramParts, place: MemoryPlace): Journal {
  const { festival, number, key, sha256, clock, life, maxPages, witness, committed } = parts;
  const journal = openJournal({
    place,
    event: festival.event,
    box: number,
    epoch: FIRST_EPOCH,
    ...key,
    sha256,
    clock,
    soon: life.soon,
    limits: { ...JOURNAL_LIMITS, ...(maxPages === undefined ? {} : { maxPages }) },
  });
  // First of all listeners: nobody may hear of a commit behind which the plug is pulled.
  journal.onAppended(
    life.while(({ epoch, lastSeq, entries }) => {
      const before = (lastSeq - entries.length) as Seq;
      const contents = journal.entriesAfter(before, entries.length, Number.POSITIVE_INFINITY, epoch);
      witness.tell({ kind: 'stored', box: number, epoch, fromSeq: before + 1, contents });
      committed();
    }),
  );
  const behind =
    <A extends unknown[]>(act: (...given: A) => void) =>
    (...given: A) => {
      act(...given);
      life.while(committed)();
    };
  const others = {
    openEpoch: behind(journal.openEpoch),
    acceptCheckpoint: behind(journal.acceptCheckpoint),
  };
  return Object.assign(Object.create(journal) as Journal, others);
}

/** Of what is logged, what is the same each time. */
function figuresOf(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value instanceof Error ? faultCode(value) : value]),
  );
}
