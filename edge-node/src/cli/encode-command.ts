/**
 * `edge encode`: the process that `provision wristbands` starts. It opens the vault, holds the keys and the reader, and speaks
 * `wire/encoding` over IPC. Typed by hand it only says so.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { KeySetNumber } from '@pulsera/firmware-protocol/ids';
import type { Presence, Reader, ReaderSignal } from '@pulsera/firmware-protocol/reader/reader';
import { type FromEncoder, ToEncoder } from '@pulsera/firmware-protocol/wire/encoding';
import { DEADLINES_MS } from '@pulsera/firmware-protocol/wire/till';
import { boxFiles } from '../box-files.ts';
import { openCredentials } from '../credentials.ts';
import { LinkedReader } from '../device/linked-reader.ts';
import { PcscStation } from '../device/pcsc/station.ts';
import { keySetFrom } from '../tap/keys.ts';
import { DRIVER_CURE, SERVICE_CURE } from './doctor/readers.ts';
import { Encoder } from './encode.ts';
import { heldPlan } from './enrol.ts';
import { type Command, type Io, type Parent, text } from './io.ts';
import { readSettings } from './settings.ts';

export const encode: Command = {
  summary: 'hold the keys while wristbands are made; started by "npm run provision -- wristbands"',
  help: `  --reader TEXT    a part of the reader's name, where there are several; "link": the caller holds the reader
  --age-class N    the age from which the wearers were checked to be (default 0: not checked)`,
  operands: [],
  options: { reader: { type: 'string' }, 'age-class': { type: 'string' } },
  async run({ options, io }) {
    const { parent } = io;
    if (parent === undefined) {
      throw new Fault(
        'encoder-alone',
        'Run "npm run provision -- wristbands": it starts this, and writes down what is made.',
      );
    }
    const settings = readSettings(options, io);
    const { config } = settings;
    const credentials = openCredentials(boxFiles(config.dataDir).vault, settings.passphrase(), io.random);
    const { tenantId, eventId, keySets } = credentials.enrolment;
    const honoured = heldPlan(config, credentials)?.keySets ?? keySets.map(({ number }) => number);
    const [keySet, ...olderKeySets] = keySets.map(keySetFrom).toSorted((a, b) => b.number - a.number);
    if (keySet === undefined || !honoured.includes(keySet.number)) throw notHonoured(honoured);
    const link = new Link(parent, io.signal);
    const opened = openReader(text(options, 'reader') ?? '', link, io);
    try {
      link.send({
        kind: 'ready',
        tenantId,
        eventId,
        keySet: KeySetNumber.parse(keySet.number),
        folder: config.dataDir,
        cloud: { url: config.cloud.url, caFile: config.cloud.caFile ?? null },
      });
      opened.start();
      const encoder = new Encoder({
        event: eventId,
        keySet,
        olderKeySets,
        ageClass: ageClassOf(text(options, 'age-class')),
        random: io.random,
        begun: async wristband => {
          link.send({ kind: 'begun', wristband });
          await link.heard('go');
        },
      });
      await serve(opened.reader, encoder, link);
      return true;
    } finally {
      await opened.close();
      link.close();
    }
  },
};

/** One chip after the other, until the other side says stop or goes away. */
async function serve(reader: Reader, encoder: Encoder, link: Link): Promise<void> {
  for (let last = 0; ; ) {
    const chip = await nextChip(reader, last, link);
    if (chip === undefined) return;
    last = chip.presence;
    try {
      link.send({ kind: 'outcome', outcome: await encoder.encode(reader, chip) });
      await link.heard('next');
    } catch (error) {
      if (link.isOver) return;
      throw error;
    }
  }
}

function nextChip(reader: Reader, after: number, link: Link): Promise<Presence | undefined> {
  return new Promise(resolve => {
    const found = (): Presence | undefined => {
      const chip = reader.chip();
      return chip !== undefined && chip.presence > after ? chip : undefined;
    };
    const look = (): void => {
      const chip = found();
      if (chip === undefined && !link.isOver) return;
      unsubscribe();
      forget();
      resolve(link.isOver ? undefined : chip);
    };
    const unsubscribe = reader.onSignal(look);
    const forget = link.onOver(look);
    look();
  });
}

interface Opened {
  readonly reader: Reader;
  start(): void;
  close(): Promise<void>;
}

function openReader(match: string, link: Link, io: Io): Opened {
  const opened = match === 'link' ? callersReader(link, io) : pcscReader(match, link, io);
  const tell = (isUp: boolean, why: string | null) =>
    link.send({ kind: 'reader', name: opened.reader.name, isUp, why });
  opened.reader.onSignal((signal: ReaderSignal) => {
    if (signal.kind === 'up') tell(true, null);
    if (signal.kind === 'down') tell(false, WHY[signal.reason] ?? signal.reason);
    if (signal.kind === 'unsupported') link.send(signal);
  });
  return opened;
}

/** By a reader's `reason`, where there is something to do about it. */
const WHY: Readonly<Record<string, string>> = {
  'driver-missing': `its driver does not load: ${DRIVER_CURE}`,
  'service-down': `pcscd is not running: ${SERVICE_CURE}`,
  'not-found': 'plug the reader in',
};

function pcscReader(match: string, link: Link, { random, loop: timers }: Io): Opened {
  let told = '';
  const station: PcscStation = new PcscStation({
    log: { info: () => {}, warn: () => {} },
    timers,
    scriptDeadlineMs: DEADLINES_MS.readerScript,
    random: () => (random(1)[0] ?? 0) / 256,
    // A reader that was never up has nothing to go down from, so its driver is listened to as well.
    changed: state => {
      const why = state.kind === 'up' ? (reader.isUp() ? '' : 'not-found') : state.kind;
      if (why === '' || why === told) return;
      told = why;
      link.send({ kind: 'reader', name: reader.name, isUp: false, why: WHY[why] ?? why });
    },
  });
  const reader = station.claim(match);
  return { reader, start: () => station.start(), close: () => station.close() };
}

/** A reader that the caller holds, virtual ones above all: scripts go there as they go to one behind a till. */
function callersReader(link: Link, { loop: timers }: Io): Opened {
  const reader = new LinkedReader({
    name: 'link',
    via: 'box',
    deadlineMs: DEADLINES_MS.readerScript,
    timers,
    reason: 'not-found',
    send: script => {
      link.send({ kind: 'script', script });
      return true;
    },
  });
  link.onMessage(message => {
    if (message.kind === 'field') reader.sensed(message.field);
    if (message.kind === 'answer') reader.answered(message.answer);
  });
  return { reader, start: () => {}, close: () => reader.close() };
}

/** The IPC channel: every message read by its schema; over when the caller says so, goes away, or the process is told to stop. */
class Link {
  readonly #parent: Parent;
  readonly #over = new AbortController();
  readonly #listeners = new Set<(message: ToEncoder) => void>();
  readonly #unsubscribe: () => void;

  constructor(parent: Parent, signal: AbortSignal) {
    this.#parent = parent;
    for (const ends of [signal, parent.gone]) {
      if (ends.aborted) this.#over.abort();
      ends.addEventListener('abort', () => this.#over.abort(), { once: true });
    }
    this.#unsubscribe = parent.onMessage(received => {
      const message = ToEncoder.parse(received);
      if (message.kind === 'stop') this.#over.abort();
      for (const listener of [...this.#listeners]) listener(message);
    });
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  send(message: FromEncoder): void {
    this.#parent.send(message);
  }

  onMessage(listener: (message: ToEncoder) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onOver(listener: () => void): () => void {
    this.#over.signal.addEventListener('abort', listener);
    return () => this.#over.signal.removeEventListener('abort', listener);
  }

  /** @throws Fault `encoding-stopped` when it is over before that is heard */
  heard(kind: ToEncoder['kind']): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        forget();
        unsubscribe();
        reject(new Fault('encoding-stopped', 'Hold the last wristband to the reader again when you go on.'));
      };
      const unsubscribe = this.onMessage(message => {
        if (message.kind !== kind) return;
        forget();
        unsubscribe();
        resolve();
      });
      const forget = this.onOver(over);
      if (this.isOver) over();
    });
  }

  close(): void {
    this.#unsubscribe();
  }
}

function ageClassOf(given = '0'): number {
  const age = /^\d{1,3}$/.test(given) ? Number(given) : Number.NaN;
  if (age <= 255) return age;
  throw new Fault('age-class-invalid', 'Give the age class in whole years from 0 (not checked) to 255.');
}

function notHonoured(honoured: readonly number[]): Fault {
  return new Fault(
    'key-set-missing',
    'Start this box once with the cloud in reach, so that it fetches the key sets of its plan, then try again.',
    { detail: { honoured: honoured.join(', ') } },
  );
}
