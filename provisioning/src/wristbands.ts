/** `provision wristbands`: blanks become wristbands of the event, and the cloud learns of each. */
import { join, resolve } from 'node:path';
import { Fault, faultCode } from '@pulsera/firmware-protocol/fault';
import type { EncodingOutcome, FromEncoder } from '@pulsera/firmware-protocol/wire/encoding';
import { type Options, passedOn, text } from './arguments.ts';
import { type Bar, bar } from './bar.ts';
import type { CloudAccess } from './cloud.ts';
import type { Command } from './command.ts';
import { type Encoder, startEncoder } from './encoder.ts';
import type { Io } from './io.ts';
import { type Notes, openNotes } from './notes.ts';
import { reportWristbands } from './report.ts';
import { type Counts, Session } from './session.ts';
import { VirtualBench } from './virtual/bench.ts';

const TOKEN = 'PULSERA_ADMIN_TOKEN';
/** So often while wristbands are made; and once more at the end. */
const REPORT_EVERY = 100;

export const wristbands: Command = {
  summary: 'make wristbands of blank chips, and report them to the cloud',
  help: `Needs an enrolled box on this machine: its keys make the wristbands, and they stay in its process. Hold one blank
after the other to the reader; Ctrl-C ends the session. Whatever is cut, run it again. Without a token they are made and
wait to be reported, which is no failure: exit code 0. It is 1 when a report that was asked for did not get through.

  --count N          end after so many
  --virtual N        make N virtual ones instead of waiting for a reader
  --out FILE         where the virtual ones are saved (default virtual-wristbands.jsonl in the box's folder)
  --age-class N      the age from which the wearers were checked to be (default 0: not checked)
  --reader TEXT      a part of the reader's name, where there are several
  --report           make none, only report what is waiting
  --no-report        make them now, report them another day
  --token-file FILE  holds the organizer's token for reporting (or put it into ${TOKEN})`,
  operands: [],
  options: {
    count: { type: 'string' },
    virtual: { type: 'string' },
    out: { type: 'string' },
    'age-class': { type: 'string' },
    reader: { type: 'string' },
    report: { type: 'boolean' },
    'no-report': { type: 'boolean' },
    'token-file': { type: 'string' },
  },
  async run({ options, io }) {
    const virtual = wholeNumber(options, 'virtual');
    const count = virtual ?? wholeNumber(options, 'count');
    const onlyReport = options.report === true;
    const reporting = reportingOf(options, io);
    const isLinked = onlyReport || virtual !== undefined;
    const encoder = startEncoder(
      [
        ...passedOn(options, ['config', 'data-dir', 'age-class', ...(isLinked ? [] : ['reader'])]),
        ...(isLinked ? ['--reader', 'link'] : []),
      ],
      io.env,
    );
    const ready = await readiness(encoder);
    const notes = openNotes(join(ready.folder, 'wristbands.jsonl'), {
      tenantId: ready.tenantId,
      eventId: ready.eventId,
    });
    const again = ['npm run provision -- wristbands --report', ...passedOn(options, ['config', 'data-dir'])];
    const reporter = new Reporter(notes, ready, reporting, again.join(' '), io);
    let made: number | undefined;
    try {
      greet(ready, notes, io);
      if (!onlyReport) {
        const counts =
          virtual === undefined
            ? await atReader(encoder, notes, reporter, count, io)
            : await atBench(
                encoder,
                notes,
                reporter,
                virtual,
                resolve(text(options, 'out') ?? join(ready.folder, 'virtual-wristbands.jsonl')),
                io,
              );
        summarise(counts, io);
        made = counts.made;
      }
      await encoder.stop();
      return await reporter.finish(made);
    } finally {
      await encoder.stop().catch(() => {});
      notes.close();
    }
  },
};

type Ready = Extract<FromEncoder, { kind: 'ready' }>;

async function readiness(encoder: Encoder): Promise<Ready> {
  const ready = new Promise<Ready>(resolve => {
    const unsubscribe = encoder.onMessage(message => {
      if (message.kind !== 'ready') return;
      unsubscribe();
      resolve(message);
    });
  });
  return await Promise.race([ready, failureOf(encoder)]);
}

/** Never resolves: rejects when the encoder ends. */
async function failureOf(encoder: Encoder): Promise<never> {
  await encoder.ended;
  throw new Fault('encoder-ended', 'Run this again: the process that holds the keys ended by itself.');
}

function greet({ eventId, keySet }: Ready, notes: Notes, { print }: Io): void {
  print(`Wristbands of event ${eventId}, under key set ${keySet}. Notes: ${notes.file}`);
  const unfinished = notes.unfinished();
  if (unfinished.length === 0) return;
  print(
    `${unfinished.length} may be half made from a run that was cut. Hold ${unfinished.length === 1 ? 'it' : 'each'} to the reader again, or destroy it:`,
  );
  for (const { uid } of unfinished) print(`  ${uid}`);
}

async function atReader(
  encoder: Encoder,
  notes: Notes,
  reporter: Reporter,
  count: number | undefined,
  io: Io,
): Promise<Counts> {
  let isDone = false;
  return await new Promise<Counts>((settle, reject) => {
    const session = new Session(encoder, notes, {
      reader: (name, isUp, why) => {
        if (isUp) io.print(`${name}: hold the next wristband there.`);
        else io.print(`${name} is not there: ${why ?? 'plug it in'}.`);
      },
      unsupported: words => io.print(words),
      outcome: (outcome, words) => {
        const { made } = session.counts();
        io.print(`${String(made).padStart(5)}  ${uidOf(outcome)}  ${words}`);
        reporter.now(made);
        if (count !== undefined && made >= count) over();
      },
    });
    const over = (): void => {
      if (isDone) return;
      isDone = true;
      io.signal.removeEventListener('abort', over);
      session.close();
      settle(session.counts());
    };
    io.signal.addEventListener('abort', over, { once: true });
    if (io.signal.aborted) over();
    Promise.race([session.failed, failureOf(encoder)]).catch(error => {
      if (io.signal.aborted) over();
      else if (!isDone) reject(error);
    });
  });
}

/** Virtual blanks: nobody has to hold them there. */
async function atBench(
  encoder: Encoder,
  notes: Notes,
  reporter: Reporter,
  count: number,
  file: string,
  io: Io,
): Promise<Counts> {
  const bench = new VirtualBench(encoder, io.random, file);
  const progress: Bar = bar('Making', count, io);
  let told: (() => void) | undefined;
  const session = new Session(encoder, notes, {
    other: message => bench.take(message),
    saved: () => bench.keep(),
    outcome: () => told?.(),
  });
  try {
    bench.announce();
    while (session.counts().made < count && !io.signal.aborted) {
      const outcome = new Promise<void>(settle => {
        told = settle;
      });
      await bench.next();
      await Promise.race([outcome, session.failed, failureOf(encoder)]);
      progress.step(session.counts().made);
      reporter.now(session.counts().made);
    }
    progress.end();
    io.print(`Saved in ${file}`);
    return session.counts();
  } finally {
    progress.end();
    session.close();
    await bench.close();
  }
}

function uidOf(outcome: EncodingOutcome): string {
  if ('wristband' in outcome) return outcome.wristband.uid;
  return 'uid' in outcome ? outcome.uid : '-'.repeat(14);
}

function summarise({ made, already, aside, again }: Counts, { print }: Io): void {
  const parts = [
    `${made} made`,
    ...(already > 0 ? [`${already} were done already`] : []),
    ...(aside > 0 ? [`${aside} put aside`] : []),
    ...(again > 0 ? [`${again} had to be held there again`] : []),
  ];
  print(`${parts.join(', ')}.`);
}

/** How to report: with this token; not now; or nobody said how. */
type Reporting = { readonly token: string } | 'later' | 'no-token';

function reportingOf(options: Options, { env, readFile }: Io): Reporting {
  if (options['no-report'] === true) return 'later';
  const file = text(options, 'token-file');
  if (file === undefined)
    return env[TOKEN] === undefined || env[TOKEN] === '' ? 'no-token' : { token: env[TOKEN] };
  try {
    return { token: readFile(file).trim() };
  } catch (cause) {
    throw new Fault(
      'token-file-unreadable',
      `Make ${file} readable: the organizer's token should be in it.`,
      { cause },
    );
  }
}

/** Reports what is waiting, now and then while wristbands are made, and at the end. A cloud that is away stops nobody from making more. */
class Reporter {
  readonly #notes: Notes;
  readonly #ready: Ready;
  readonly #reporting: Reporting;
  /** What to type to report another day. */
  readonly #again: string;
  readonly #io: Io;
  #underWay: Promise<void> | undefined;
  #lastAt = 0;
  #problem: unknown;
  #registered = 0;
  #refused = 0;

  constructor(notes: Notes, ready: Ready, reporting: Reporting, again: string, io: Io) {
    this.#notes = notes;
    this.#ready = ready;
    this.#reporting = reporting;
    this.#again = again;
    this.#io = io;
  }

  /** @param made so far in this session */
  now(made: number): void {
    if (this.#underWay !== undefined || made < this.#lastAt + REPORT_EVERY) return;
    this.#lastAt = made;
    this.#underWay = this.#report().finally(() => {
      this.#underWay = undefined;
    });
  }

  /**
   * @param made in this session; undefined: it was for reporting only
   * @returns whether all that was asked for was done
   */
  async finish(made: number | undefined): Promise<boolean> {
    const { print, complain } = this.#io;
    await this.#underWay;
    const before = this.#notes.waiting().length;
    const progress = bar('Reporting', before, this.#io);
    await this.#report(() => progress.step(before - this.#notes.waiting().length));
    progress.end();
    const waiting = this.#notes.waiting().length;
    if (this.#registered > 0) print(`${this.#registered} reported to ${this.#ready.cloud.url}.`);
    if (this.#refused > 0)
      complain(`${this.#refused} refused by the cloud: take them aside, they stand in ${this.#notes.file}.`);
    if (waiting === 0 && this.#registered + this.#refused === 0) print('Nothing waits to be reported.');
    if (waiting === 0) return this.#refused === 0;
    const wait = `${waiting} ${waiting === 1 ? 'waits' : 'wait'} to be reported`;
    if (this.#reporting === 'later') {
      print(`${wait}: ${this.#again}`);
      return true;
    }
    if (this.#reporting === 'no-token') {
      const cure = `Put the organizer's token into ${TOKEN}, then: ${this.#again}`;
      if (made === undefined) complain(`admin-token-missing: ${wait}. ${cure}`);
      else complain(`Made ${made}, not reported: no organizer's token was given. ${wait}. ${cure}`);
      return made !== undefined;
    }
    const { code, message } = named(this.#problem);
    complain(`${code}: ${message}\n${wait}. When that is cured: ${this.#again}`);
    return false;
  }

  async #report(step: () => void = () => {}): Promise<void> {
    const waiting = this.#notes.waiting();
    if (typeof this.#reporting === 'string' || waiting.length === 0) return;
    try {
      const access = accessTo(this.#ready.cloud, this.#reporting.token, this.#io);
      const report = await reportWristbands(access, this.#ready, waiting, (taken, refused) => {
        this.#notes.reported(taken.map(({ uid }) => uid));
        for (const { uid, why } of refused) {
          this.#notes.refused(uid, why);
          this.#io.complain(`wristbands-conflict: take ${uid} aside: ${why}.`);
        }
        this.#registered += taken.length;
        step();
      });
      this.#refused += report.refused.length;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error;
    }
  }
}

function accessTo({ url, caFile }: Ready['cloud'], adminToken: string, { readFile }: Io): CloudAccess {
  if (caFile === null) return { url, adminToken };
  try {
    return { url, adminToken, ca: readFile(caFile) };
  } catch (cause) {
    throw new Fault(
      'ca-file-unreadable',
      `Give the cloud's CA certificate as a PEM file: ${caFile} can't be read.`,
      { cause },
    );
  }
}

function named(error: unknown): { readonly code: string; readonly message: string } {
  return { code: faultCode(error), message: error instanceof Error ? error.message : String(error) };
}

function wholeNumber(options: Options, name: string): number | undefined {
  const given = text(options, name);
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new Fault('arguments-invalid', `Give --${name} as a whole number from 1 on.`);
}
