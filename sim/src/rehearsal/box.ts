/**
 * A box of the rehearsal: the real desk, journal, plan keeper and sync, put together as `startBox` does it, between simulated readers,
 * tills and lines. Its disk is memory that outlives it. The plug can be pulled at any moment or right behind a commit, the disk
 * be put back from an older image or run full, the clock be wrong.
 */
import { ReaderRegistry } from '@pulsera/edge-node/device/reader-registry';
import { type Journal, openJournal } from '@pulsera/edge-node/journal/journal';
import { type MemoryPlace, memoryPlace } from '@pulsera/edge-node/journal/memory-place';
import { PlanKeeper } from '@pulsera/edge-node/plan/keeper';
import { planMemory } from '@pulsera/edge-node/plan/memory';
import type { PlanPlace } from '@pulsera/edge-node/plan/place';
import { createTillDesk, type TillDesk } from '@pulsera/edge-node/stand/desk';
import { faultRecord } from '@pulsera/edge-node/stand/fault-record';
import { askForRight } from '@pulsera/edge-node/sync/right';
import { type Sync, startSync } from '@pulsera/edge-node/sync/sync';
import { ChipKeys } from '@pulsera/edge-node/tap/keys';
import { nonces } from '@pulsera/edge-node/tap/nonces';
import { faultCode } from '@pulsera/firmware-protocol/fault';
import type { BoxId, Epoch, Seq, TillId } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { BoxClock } from './box-clock.ts';
import type { Chance } from './chance.ts';
import type { CloudServer } from './cloud-server.ts';
import { CloudWire } from './cloud-wire.ts';
import type { Festival } from './festival.ts';
import { Life } from './life.ts';
import { type SigningKey, signingKey } from './signing-key.ts';
import type { ToTill } from './till-wire.ts';
import type { VirtualTime } from './time.ts';
import type { Trace } from './trace.ts';
import type { Witness } from './witness.ts';

export interface SimBoxOptions {
  readonly number: BoxId;
  /** Tills whose reader is wired to the box; the others bring their own. */
  readonly wired: readonly TillId[];
  readonly festival: Festival;
  readonly cloud: CloudServer;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly witness: Witness;
  readonly sha256: Sha256;
  /** To a till, as JSON. */
  readonly send: (till: TillId, leaf: ToTill['leaf'], json: string) => void;
  /** It is up again: tills that look for it find it. */
  readonly started: () => void;
}

interface Running {
  readonly life: Life;
  readonly place: MemoryPlace;
  readonly journal: Journal;
  readonly plans: PlanKeeper;
  readonly readers: ReaderRegistry;
  readonly desk: TillDesk;
  readonly sync: Sync;
}

/** Small: a snapshot is taken at each power cut, and what is kept free is part of it. */
const JOURNAL_LIMITS = { sparePages: 16, verifiedTail: 200 };
const FIRST_EPOCH = 1 as Epoch;

export class SimBox {
  readonly number: BoxId;
  readonly name: string;
  readonly key: SigningKey;
  readonly clock: BoxClock;
  readonly wire: CloudWire;
  /** Wired to it. */
  readonly readers: ReadonlyMap<TillId, VirtualReader>;
  readonly #options: SimBoxOptions;
  readonly #plan: PlanPlace = planMemory();
  /** What lies on its disk while it is off. */
  #disk: Uint8Array = new Uint8Array(0);
  #running: Running | undefined;
  /** Journals of ended lives, still open. */
  readonly #dead: Journal[] = [];
  /** As far as it went when it was last up. */
  #epochs: ReturnType<Journal['epochs']> = [];
  /** The same, of a disk that was put back since. */
  #lost: ReturnType<Journal['epochs']> = [];
  #maxPages: number | undefined;
  #cutBehind: { readonly commits: number; readonly told: () => void } | undefined;

  constructor(options: SimBoxOptions) {
    const { number, wired, time, chance, trace, cloud } = options;
    this.#options = options;
    this.number = number;
    this.name = `box ${number}`;
    this.key = signingKey(chance.of(`${this.name} key`));
    this.clock = new BoxClock(time);
    const random = chance.of(`${this.name} wire`);
    this.wire = new CloudWire({ name: `${this.name} wire`, time, random, trace, cloud: cloud.serve(number) });
    this.readers = new Map(wired.map(till => [till, new VirtualReader({ name: till, clock: time })]));
  }

  get isUp(): boolean {
    return this.#running !== undefined;
  }

  /** Of the box that is up. @throws RangeError while it is down */
  get journal(): Journal {
    return this.#up.journal;
  }

  get sync(): Sync {
    return this.#up.sync;
  }

  /** Its disk as it would be found if the plug were pulled now. */
  get disk(): Uint8Array {
    return this.#running?.place.snapshot() ?? this.#disk;
  }

  /** Power comes. @throws Fault of `openJournal`, `plan-damaged`: it stays down then */
  start(): void {
    if (this.#running !== undefined) return;
    const { time, witness } = this.#options;
    this.clock.start();
    this.#running = this.#assemble(new Life(time));
    for (const reader of this.readers.values()) time.beside(reader.plug());
    this.#tellLoss();
    const { epoch, lastSeq } = this.journal;
    witness.tell({ kind: 'started', box: this.number, epoch, lastSeq });
    this.#options.started();
  }

  /** The plug is pulled: the chips in its readers lose their power too, in the midst of a page perhaps. */
  cut(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#disk = running.place.snapshot();
    running.life.end();
    this.#running = undefined;
    this.#cutBehind = undefined;
    for (const reader of this.readers.values()) reader.unplug('no power');
    this.#dead.push(running.journal);
    this.#epochs = running.journal.epochs();
    this.#options.witness.tell({ kind: 'power-cut', box: this.number });
  }

  /**
   * The plug is pulled right behind that commit from now (1: the next), before anybody hears of it; unless that happens sooner for
   * another reason. @param told then
   */
  cutAfter(commits: number, told: () => void = () => {}): void {
    this.#cutBehind = { commits, told };
  }

  /** It is up, and stays so. */
  mend(): void {
    this.#cutBehind = undefined;
    this.start();
  }

  /** It is off, and its disk is put back from a copy. */
  restore(image: Uint8Array): void {
    this.cut();
    this.#disk = image.slice();
    this.#lost = this.#epochs;
    this.#options.trace.note(this.name, 'restored');
  }

  /** The disk has so many pages of 4 KB; undefined: as many as it likes. */
  limitPages(maxPages: number | undefined): void {
    this.#maxPages = maxPages;
    this.#options.trace.note(this.name, 'pages', { maxPages: maxPages ?? null });
    this.#running?.journal.limitPages(maxPages ?? MOST_PAGES);
  }

  /** For good: what it held in memory is given back. */
  async close(): Promise<void> {
    this.cut();
    for (const journal of this.#dead.splice(0)) await journal.close();
  }

  /** What a till sent has arrived. */
  receive(till: TillId, leaf: string, payload: Uint8Array): void {
    if (this.#running === undefined) return;
    const { readers, desk } = this.#running;
    if (leaf === 'reader/field' || leaf === 'reader/answer') readers.heard(till, leaf, payload);
    else this.#options.time.beside(desk.handle(till, leaf, payload));
  }

  /** The till's connection has ended. */
  terminalGone(till: TillId): void {
    this.#running?.readers.tillPresence(till, false);
    this.#running?.desk.onTerminalGone(till);
  }

  #countCommit(): void {
    const { commits, told } = this.#cutBehind ?? { commits: 0, told: () => {} };
    if (commits > 1) this.#cutBehind = { commits: commits - 1, told };
    if (commits !== 1) return;
    this.cut();
    told();
  }

  #tellLoss(): void {
    const kept = new Map(this.journal.epochs().map(({ epoch, lastSeq }) => [epoch, lastSeq]));
    for (const { epoch, lastSeq } of this.#lost) {
      const keptSeq = kept.get(epoch) ?? 0;
      if (keptSeq < lastSeq) {
        this.#options.witness.tell({ kind: 'disk-lost', box: this.number, epoch, keptSeq });
      }
    }
    this.#lost = [];
  }

  get #up(): Running {
    if (this.#running === undefined) throw new RangeError(`${this.name} is down.`);
    return this.#running;
  }

  #assemble(life: Life): Running {
    const { festival, chance, trace, witness, sha256, number, time } = this.#options;
    const { clock, name } = this;
    const random = chance.of(`${name} random`);
    const cloudVerify = festival.cloudKey.verify;
    const place = memoryPlace(this.#disk);
    const journal = openJournal({
      place,
      event: festival.event,
      box: number,
      epoch: FIRST_EPOCH,
      ...this.key,
      sha256,
      clock,
      soon: life.soon,
      limits: { ...JOURNAL_LIMITS, ...(this.#maxPages === undefined ? {} : { maxPages: this.#maxPages }) },
    });
    // First of all listeners: nobody may hear of a commit behind which the plug is pulled.
    journal.onAppended(
      life.while(({ epoch, lastSeq, entries }) => {
        const before = (lastSeq - entries.length) as Seq;
        const contents = journal.entriesAfter(before, entries.length, Number.POSITIVE_INFINITY, epoch);
        witness.tell({ kind: 'stored', box: number, epoch, fromSeq: before + 1, contents });
        this.#countCommit();
      }),
    );
    const { event } = festival;
    const plans = new PlanKeeper({
      place: life.plan(this.#plan),
      event,
      verify: cloudVerify,
      sha256,
      journal,
    });
    const link = life.link(this.wire.link);
    const keys = new ChipKeys(event, [festival.keySet]);
    const send = life.while(this.#options.send);
    const readers = new ReaderRegistry({
      publishState: () => {},
      sendScript: (till, script) => {
        send(till, 'reader/script', JSON.stringify(script));
        return true;
      },
      timers: life,
    });
    for (const [till, reader] of this.readers) readers.assign(till, life.reader(reader));
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
    return { life, place, journal, plans, readers, desk, sync };
  }
}

/** Of SQLite: no limit at all. */
const MOST_PAGES = 0xff_ff_ff_fe;

/** Of what is logged, what is the same each time. */
function figuresOf(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value instanceof Error ? faultCode(value) : value]),
  );
}
