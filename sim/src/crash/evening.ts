/** One box on one disk, killed again and again while it sells, and held to what its guests saw after each start. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { openCredentials, sha256 } from '@pulsera/edge-node/credentials';
import { filePlace } from '@pulsera/edge-node/journal/file-place';
import { verifyJournal } from '@pulsera/edge-node/journal/verify';
import { type Random, seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { type BenchTill, benchCatalogue, benchTills } from '../bench/bar.ts';
import { certify } from '../bench/bench-box.ts';
import { enrolOnPaper } from '../bench/paper-event.ts';
import type { CatalogueRow } from '../demo/catalogue.ts';
import { world } from '../demo/world.ts';
import { edgeCommand, startEdge, type Up } from '../real/edge-process.ts';
import type { Program } from '../real/program.ts';
import { ReaderTill, type Stage } from '../real/reader-till.ts';
import { Clerk } from './clerk.ts';
import { contradictions } from './contradictions.ts';
import { Crowd } from './crowd.ts';
import { buildDiskShim, type DiskShim } from './disk-shim.ts';
import { JournalCopy } from './journal-copy.ts';
import { journalWork } from './journal-work.ts';
import { type Aim, type Death, drawAim, type Moment, momentOf } from './moment.ts';
import { cutPower, type PowerCut } from './power-cut.ts';
import { Witness } from './witness.ts';

const TILLS = 6;
const GUESTS = 15;
/** Of the kills in a run with power cuts, so many leave the operating system running: what was written stays. */
const PLAIN = 0.2;
const SETTLE_MS = 5;
/** A box that lives answers long before. */
const SILENCE_MS = 20_000;
/** The guest takes the wristband away at once when the screen freezes, and may tear it. */
const LEAVES = 0.5;

export interface EveningOptions {
  readonly folder: string;
  readonly random: Random;
  readonly powerCuts: boolean;
  /** For the box's process, beside this one's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly onMoment: (moment: Moment) => void;
  readonly onPowerCut: (cut: PowerCut) => void;
}

/** What was promised and isn't so. */
export class BrokenPromise extends Error {
  readonly problems: readonly string[];
  readonly evidence: object;

  constructor(problems: readonly string[], evidence: object) {
    super(problems.join('\n'));
    this.problems = problems;
    this.evidence = evidence;
  }
}

export class Evening {
  readonly #options: EveningOptions;
  readonly #dataDir: string;
  readonly #config: string;
  readonly #shim: DiskShim | undefined;
  readonly #crowd: Crowd;
  readonly #witness = new Witness();
  readonly #copy: JournalCopy;
  readonly #places: readonly (readonly [BenchTill, number])[];
  #clerks: readonly Clerk[] = [];
  #box: Program<Up> | undefined;
  /** Whose moments are known when the disk can be read again. */
  #deaths: Death[] = [];
  #startMs = 500;
  #onStage: (stage: Stage) => void = () => undefined;

  private constructor(
    options: EveningOptions,
    crowd: Crowd,
    places: readonly (readonly [BenchTill, number])[],
  ) {
    this.#options = options;
    const { folder, powerCuts } = options;
    this.#dataDir = join(folder, 'box');
    this.#config = join(folder, 'edge.json');
    this.#crowd = crowd;
    this.#places = places;
    this.#copy = new JournalCopy(boxFiles(this.#dataDir).journal);
    this.#shim = powerCuts ? buildDiskShim(folder, this.#dataDir) : undefined;
  }

  /** A box as enrolment leaves it, in a folder of its own. */
  static async open(options: EveningOptions): Promise<Evening> {
    const { folder, random } = options;
    mkdirSync(folder, { recursive: true });
    const dataDir = join(folder, 'box');
    const catalogue = benchCatalogue();
    const tills = benchTills(catalogue).slice(0, TILLS);
    const enrolment = enrolOnPaper(dataDir, catalogue, tills);
    // Port 1 of this machine: nobody is there, at once.
    const cloud = { url: 'http://127.0.0.1:1' };
    const settings = { dataDir, cloud, mqtt: { host: '127.0.0.1', port: 0 }, healthPort: 0 };
    writeFileSync(join(folder, 'edge.json'), JSON.stringify(settings));
    const crowd = await Crowd.of(GUESTS, enrolment, random);
    const places = tills.map(till => [till, cartMinor(till, catalogue)] as const);
    return new Evening(options, crowd, places);
  }

  get figures() {
    const asked = this.#witness.all();
    return {
      asked: asked.length,
      greens: asked.filter(({ answers: [first] }) => first?.outcome === 'approved').length,
      resumed: this.#clerks.reduce((sum, { resumed }) => sum + resumed, 0),
    };
  }

  /** From a start to a kill. @throws BrokenPromise */
  async live(): Promise<void> {
    // Of its own, so that what is decided about this kill hangs on no till's speed.
    const random = seededRandom(this.#options.random.u32());
    const aim = drawAim(random, this.#startMs);
    const { box, up } = this.#start();
    if (aim.kind === 'starting') {
      await Promise.race([sleep(aim.afterMs), up]);
      await this.#kill(box, false, random);
      return;
    }
    await this.#meet(box, await up);
    const resting = new AbortController();
    const shifts = this.#work(() => resting.signal.aborted);
    await Promise.race([this.#await(aim, resting, shifts), shifts]);
    await this.#kill(box, true, random);
    await shifts;
    while (this.#clerks.some(({ till }) => till.isWriting)) await sleep(SETTLE_MS);
  }

  /** What is open is finished, the box is stopped as its user stops it, and its journal checked by its own commands. @throws BrokenPromise */
  async end(): Promise<void> {
    const { box, up } = this.#start();
    await this.#meet(box, await up);
    await this.#work(() => true);
    await this.#check();
    const open = this.#clerks.flatMap(clerk => clerk.open ?? []);
    this.#demand(open.map(tap => `tap ${tap} was asked for again, and has no end`));
    const code = await box.stop();
    this.#demand(code === 0 ? [] : [`the box left with ${code} when it was told to stop`]);
    for (const command of ['verify', 'rebuild']) await this.#command(command);
    await this.#check();
  }

  async close(): Promise<void> {
    await this.#box?.kill();
    for (const { till } of this.#clerks) await till.close();
  }

  #start(): { readonly box: Program<Up>; readonly up: Promise<Up | undefined> } {
    const env = { ...this.#options.env, ...this.#shim?.env };
    const startedMs = performance.now();
    const box = startEdge(this.#config, env);
    this.#box = box;
    const up = box.up.then(told => {
      if (told !== undefined) this.#startMs = performance.now() - startedMs;
      return told;
    });
    return { box, up };
  }

  /** The box is up: first it is held to its word, then the tills come back. */
  async #meet(box: Program<Up>, up: Up | undefined): Promise<void> {
    if (up === undefined) throw new BrokenPromise(['the box did not start again'], { said: box.said });
    await this.#check();
    await this.#compareHealth(up);
    if (this.#clerks.length === 0) this.#clerks = await this.#certify();
    const connected = await Promise.all(this.#clerks.map(({ till }) => till.connect(up.mqttPort)));
    this.#demand(connected.every(Boolean) ? [] : ['a till with its certificate could not connect']);
  }

  async #certify(): Promise<readonly Clerk[]> {
    const seats = this.#places.map(async ([at, cost]) => {
      const random = seededRandom(this.#options.random.u32());
      const access = await certify(this.#dataDir, at.id);
      const till = new ReaderTill({
        access,
        silenceMs: SILENCE_MS,
        leaves: () => random.chance(LEAVES),
        onStage: stage => this.#onStage(stage),
      });
      return new Clerk({ till, at, cartMinor: cost }, this.#crowd, this.#witness, random);
    });
    return await Promise.all(seats);
  }

  async #work(isResting: () => boolean): Promise<void> {
    try {
      await Promise.all(this.#clerks.map(clerk => clerk.work(isResting)));
    } catch (error) {
      this.#demand([error instanceof Error ? error.message : String(error)]);
    }
  }

  async #await(aim: Aim, resting: AbortController, shifts: Promise<void>): Promise<void> {
    switch (aim.kind) {
      case 'starting':
        return;
      case 'any':
        return await sleep(aim.afterMs);
      case 'idle':
        resting.abort();
        return await shifts;
      default:
        await new Promise<void>(resolve => {
          let times = aim.times;
          this.#onStage = stage => {
            if (stage === aim.kind && --times === 0) resolve();
          };
        });
        return await sleep(aim.afterMs);
    }
  }

  async #kill(box: Program<Up>, wasUp: boolean, random: Random): Promise<void> {
    const [isWriting, open] = [
      this.#clerks.some(({ till }) => till.isWriting),
      this.#clerks.flatMap(clerk => clerk.open ?? []),
    ];
    const { journal } = boxFiles(this.#dataDir);
    const work = (await box.kill(pid => journalWork(pid, journal))) ?? 'nothing';
    this.#deaths.push({ wasUp, work, isWriting, open });
    if (this.#shim !== undefined && !random.chance(PLAIN)) {
      this.#options.onPowerCut(cutPower(this.#dataDir, this.#shim, random));
    }
  }

  async #check(): Promise<void> {
    const { vault, journal: file } = boxFiles(this.#dataDir);
    const problems: string[] = [];
    try {
      const { identity } = openCredentials(vault, null, world.random);
      verifyJournal({ place: filePlace(file), sha256, verify: identity.verify });
    } catch (error) {
      problems.push(`the journal doesn't verify: ${error instanceof Error ? error.message : error}`);
    }
    problems.push(...this.#copy.read());
    const { taps } = this.#copy;
    problems.push(...contradictions({ asked: this.#witness.all(), taps, chips: this.#crowd.chips() }));
    this.#demand(problems);
    const journaled = new Set(taps.map(({ tap }) => tap));
    for (const death of this.#deaths.splice(0)) {
      this.#options.onMoment(momentOf(death, tapId => journaled.has(tapId.replaceAll('-', ''))));
    }
  }

  async #compareHealth({ healthPort }: Up): Promise<void> {
    const health = (await (await fetch(`http://127.0.0.1:${healthPort}/health`)).json()) as {
      readonly journal: { readonly seq: number; readonly pendingTaps: number };
    };
    const told = { seq: health.journal.seq, pendingTaps: health.journal.pendingTaps };
    const pendingTaps = this.#copy.taps.filter(({ state }) => state === 'pending').length;
    const read = { seq: this.#copy.lastSeq, pendingTaps };
    const isSame = told.seq === read.seq && told.pendingTaps === read.pendingTaps;
    this.#demand(
      isSame ? [] : [`the box says ${JSON.stringify(told)}, and its journal ${JSON.stringify(read)}`],
    );
  }

  async #command(name: string): Promise<void> {
    try {
      await edgeCommand(name, this.#config);
    } catch (error) {
      this.#demand([`edge ${name} fails: ${error instanceof Error ? error.message : error}`]);
    }
  }

  #demand(problems: readonly string[]): void {
    if (problems.length === 0) return;
    throw new BrokenPromise(problems, {
      problems,
      said: this.#box?.said,
      chips: this.#crowd.chips(),
      asked: this.#witness.all(),
      journal: this.#copy.taps,
    });
  }
}

function cartMinor({ cart }: BenchTill, catalogue: readonly CatalogueRow[]): number {
  return catalogue
    .filter(({ product }) => cart.includes(product))
    .reduce((sum, { priceMinor, depositMinor }) => sum + priceMinor + depositMinor, 0);
}
