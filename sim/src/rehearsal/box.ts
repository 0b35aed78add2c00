/**
 * A box of the rehearsal: the machine, between simulated readers, tills and lines, with what `box-program.ts` runs on it. Its disk is memory that
 * outlives it. The plug can be pulled at any moment or right behind a commit, the disk be put back from an older image, rot or
 * run full, the clock be wrong.
 */
import type { Journal } from '@pulsera/edge-node/journal/journal';
import { memoryPlace } from '@pulsera/edge-node/journal/memory-place';
import { verifyJournal } from '@pulsera/edge-node/journal/verify';
import type { Sync } from '@pulsera/edge-node/sync/sync';
import { Fault, faultCode } from '@pulsera/firmware-protocol/fault';
import type { BoxId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { BoxClock } from './box-clock.ts';
import { BoxDisk, type Rot } from './box-disk.ts';
import { type Program, startProgram } from './box-program.ts';
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
  /** Its power has gone. */
  readonly stopped: () => void;
  /** It is up again: tills that look for it find it. */
  readonly started: () => void;
}

/** Of SQLite: no limit at all. */
const MOST_PAGES = 0xff_ff_ff_fe;
/** So often a box on a full disk tries again (edge-node/src/cli/once-room.ts). */
const AILING: ReadonlySet<string> = new Set(['journal-damaged', 'journal-unwritable']);
const ROOM_AGAIN_MS = 5_000;
/** So often a site tech looks whether it has heard from the cloud. */
const LOOKS_MS = 500;
/** Until a site tech has seen why it doesn't start, and has moved the damaged journal away (docs/operations.md). */
const TECH_MS = 20_000;

export class SimBox {
  readonly number: BoxId;
  readonly name: string;
  readonly key: SigningKey;
  readonly clock: BoxClock;
  readonly wire: CloudWire;
  /** Wired to it. */
  readonly readers: ReadonlyMap<TillId, VirtualReader>;
  readonly #options: SimBoxOptions;
  readonly #disk = new BoxDisk();
  #running: Program | undefined;
  /** Has power, and is up or tries to be; ends with it. */
  #power: Life | undefined;
  /** What ran in ended lives, with its journal still open. */
  readonly #dead: Program[] = [];
  /** Its disk was put back: site techs let no till sell there until it has compared its journal with the cloud's (docs/operations.md). */
  #mustCompare = false;
  /** It has told a till that its journal is not what it was. */
  #ails = false;
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

  /** It is up, and tills may sell. */
  get isOpen(): boolean {
    return this.isUp && !this.#mustCompare;
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
    return this.#running?.place.snapshot() ?? this.#disk.image;
  }

  /**
   * Power comes. On a full disk it waits for room; on a rotten one it waits until somebody has put another in its place.
   * @throws Fault of `openJournal`, `plan-damaged`, where nothing happened to its disk
   */
  start(): void {
    if (this.#power !== undefined) return;
    this.#power = new Life(this.#options.time);
    this.#try(this.#power);
  }

  /** The plug is pulled: the chips in its readers lose their power too, in the midst of a page perhaps. */
  cut(): void {
    this.#power?.end();
    this.#power = undefined;
    const running = this.#running;
    if (running === undefined) return;
    this.#disk.image = running.place.snapshot();
    running.life.end();
    this.#running = undefined;
    this.#cutBehind = undefined;
    for (const reader of this.readers.values()) reader.unplug('no power');
    this.#dead.push(running);
    this.#disk.ends = running.journal.epochs();
    this.#options.witness.tell({ kind: 'power-cut', box: this.number });
    this.#options.stopped();
  }

  /**
   * The plug is pulled right behind that commit from now (1: the next), before anybody hears of it; unless that happens sooner for
   * another reason. @param told then
   */
  cutAfter(commits: number, told: () => void = () => {}): void {
    this.#cutBehind = { commits, told };
  }

  /** It is up, and stays so; where its disk may have rotted, somebody has looked (`edge verify`). */
  mend(): void {
    this.#cutBehind = undefined;
    this.limitPages(undefined);
    // First the copy, which may be as rotten, then nothing.
    for (let tries = 0; tries < 2 && this.#disk.spare !== undefined; tries++) {
      if (!this.#isWhole()) this.restore(this.#disk.spare);
    }
    this.start();
  }

  /** It is off, and its disk is put back from a copy, or is a new one. */
  restore(image?: Uint8Array): void {
    this.cut();
    this.#put(image);
  }

  /** It is off, and its disk rots. @param spare what a site tech has to put in its place, should it be noticed */
  rot(rot: Rot, spare: Uint8Array = new Uint8Array(0)): void {
    this.cut();
    if (this.#disk.rot(rot, spare)) this.#options.trace.note(this.name, 'rots', { of: rot.of });
  }

  /** It is up, and an entry on its disk rots. @param at a share of all entries */
  rotWhileUp({ at, xor }: Pick<Rot, 'at' | 'xor'>, spare: Uint8Array = new Uint8Array(0)): void {
    if (this.#running?.rot(at, xor) !== true) return;
    this.#disk.spare = spare;
    this.#options.trace.note(this.name, 'rots', { of: 'entry' });
    this.#lookAfter(this.#running.life);
  }

  /** It is off, and somebody works on what lies on its disk; should it be noticed, the disk is put back as it was. */
  tamper(change: (image: Uint8Array) => Uint8Array): void {
    this.cut();
    this.#disk.spare = this.#disk.image;
    this.#disk.image = change(this.#disk.image);
    this.#options.trace.note(this.name, 'tampered with', { bytes: this.#disk.image.length });
  }

  /** The disk has so many pages of 4 KB; undefined: as many as it likes. */
  limitPages(maxPages: number | undefined): void {
    if (this.#disk.maxPages === maxPages) return;
    this.#disk.maxPages = maxPages;
    this.#options.trace.note(this.name, 'pages', { maxPages: maxPages ?? null });
    this.#running?.journal.limitPages(maxPages ?? MOST_PAGES);
  }

  /** It is off, and its disk is copied, without what the box keeps free in its file, to another one that has only so many pages left. */
  moveToFullDisk(pagesLeft: number): void {
    this.cut();
    this.#disk.pack();
    this.limitPages(this.#disk.pages + pagesLeft);
  }

  /** For good: what it held in memory is given back. */
  async close(): Promise<void> {
    this.cut();
    for (const { journal, desk } of this.#dead.splice(0)) {
      await journal.close();
      // Node keeps a signal that something waits on, and with it all of this site: nobody waits any more.
      for (const { id } of this.#options.festival.plan.tills) desk.onTerminalGone(id);
    }
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

  #put(image: Uint8Array | undefined): void {
    this.#disk.put(image);
    this.#mustCompare = true;
    this.#options.trace.note(this.name, 'restored', { bytes: image?.length ?? 0 });
  }

  #try(power: Life): void {
    try {
      this.#begin();
    } catch (error) {
      const code = faultCode(error);
      this.#options.trace.note(this.name, 'does not start', { code });
      const isFull = code === 'disk-full' && this.#disk.maxPages !== undefined;
      if (!isFull && this.#disk.spare === undefined) throw error;
      power.after(isFull ? ROOM_AGAIN_MS : TECH_MS, () => {
        if (!isFull) this.#put(this.#disk.spare);
        this.#try(power);
      });
    }
  }

  #begin(): void {
    const { time, witness, chance } = this.#options;
    const { number, name, key, clock } = this;
    const { image, plan, maxPages } = this.#disk;
    clock.start();
    this.#running = startProgram({
      ...this.#options,
      number,
      name,
      key,
      clock,
      life: new Life(time),
      link: this.wire.link,
      wired: this.readers,
      image,
      plan,
      maxPages,
      random: chance.of(`${name} random`),
      committed: () => this.#countCommit(),
      ails: code => {
        this.#ails ||= AILING.has(code);
      },
    });
    this.#ails = false;
    this.#lookAfter(this.#running.life);
    for (const reader of this.readers.values()) time.beside(reader.plug());
    const { epoch, lastSeq } = this.journal;
    for (const lost of this.#disk.takeLoss(this.journal.epochs())) {
      witness.tell({ kind: 'disk-lost', box: number, epoch: lost.epoch, keptSeq: lost.lastSeq });
    }
    witness.tell({ kind: 'started', box: number, epoch, lastSeq });
    this.#opens(this.#running.life, this.wire.answersTo('heldEpochs'));
  }

  /** To tills: when it is sure of its journal. */
  #opens(life: Life, compared: number): void {
    if (this.wire.answersTo('heldEpochs') > compared) this.#mustCompare = false;
    if (this.#mustCompare) life.after(LOOKS_MS, () => this.#opens(life, compared));
    else this.#options.started();
  }

  /** A site tech who sees that it can't go on does as when it doesn't start. */
  #lookAfter(life: Life): void {
    if (this.#disk.spare === undefined) return;
    const { failing } = this.sync.state();
    const isAiling = this.#ails || Object.values(failing).some(code => AILING.has(code));
    life.after(TECH_MS, () => {
      if (!isAiling) return this.#lookAfter(life);
      this.restore(this.#disk.spare);
      this.start();
    });
  }

  #isWhole(): boolean {
    const { sha256, festival } = this.#options;
    const place = memoryPlace(this.disk);
    const keys = { verify: this.key.verify, verifyCloud: festival.cloudKey.verify };
    try {
      verifyJournal({ place, sha256, ...keys });
      return true;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return false;
    }
  }

  #countCommit(): void {
    const { commits, told } = this.#cutBehind ?? { commits: 0, told: () => {} };
    if (commits > 1) this.#cutBehind = { commits: commits - 1, told };
    if (commits !== 1) return;
    this.cut();
    told();
  }

  get #up(): Program {
    if (this.#running === undefined) throw new RangeError(`${this.name} is down.`);
    return this.#running;
  }
}
