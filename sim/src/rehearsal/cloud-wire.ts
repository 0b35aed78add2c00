/**
 * The line between a box and the cloud: each call a message there and one back, with the deadlines that HTTPS has. A call that arrives
 * twice is answered twice; an answer that nobody waits for any more is dropped.
 */
import type { CloudLink } from '@pulsera/edge-node/sync/cloud-link';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { CloudPort } from './cloud-server.ts';
import { CALM, Line, type LineQuality } from './line.ts';
import type { VirtualTime } from './time.ts';
import type { Trace } from './trace.ts';

export interface CloudWireOptions {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly cloud: CloudPort;
}

interface Call {
  readonly id: number;
  readonly name: keyof CloudPort;
  serve(): Promise<unknown>;
}
type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: unknown });
interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** As the box's own HTTPS link has them. */
const DEADLINES_MS: Readonly<Record<keyof CloudPort, number>> = {
  sendBatch: 20_000,
  heldEpochs: 8_000,
  cloudJournal: 20_000,
  awaitHint: 32_000,
  askForReversal: 8_000,
  plan: 20_000,
};
/** A refused connection comes back this soon. */
const REFUSED_MS = 2;

export class CloudWire {
  readonly there: Line<Call>;
  readonly back: Line<Answer>;
  readonly link: CloudLink;
  readonly #options: CloudWireOptions;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  readonly #answers = new Map<keyof CloudPort, number>();
  readonly #overhearing = new Set<(batch: Uint8Array) => void>();

  constructor(options: CloudWireOptions) {
    this.#options = options;
    const { name, cloud } = options;
    this.there = new Line({ ...options, name: `${name} up`, deliver: call => this.#serve(call) });
    this.back = new Line({ ...options, name: `${name} down`, deliver: answer => this.#answered(answer) });
    this.link = {
      sendBatch: (batch, signal) => {
        for (const listener of [...this.#overhearing]) listener(batch);
        return this.#call('sendBatch', signal, () => cloud.sendBatch(batch));
      },
      heldEpochs: signal => this.#call('heldEpochs', signal, () => cloud.heldEpochs()),
      cloudJournal: (after, limit, signal) =>
        this.#call('cloudJournal', signal, () => cloud.cloudJournal(after, limit)),
      awaitHint: (after, signal) => this.#call('awaitHint', signal, () => cloud.awaitHint(after)),
      askForReversal: (question, signal) =>
        this.#call('askForReversal', signal, () => cloud.askForReversal(question)),
      plan: (after, signal) => this.#call('plan', signal, () => cloud.plan(after)),
    };
  }

  set quality(quality: LineQuality) {
    this.there.quality = quality;
    this.back.quality = quality;
  }

  mend(): void {
    this.quality = CALM;
    for (const line of [this.there, this.back]) line.set('up');
  }

  /** Somebody on the line reads each batch that the box sends, whether it arrives or not. @returns how to leave */
  overhear(listener: (batch: Uint8Array) => void): () => void {
    this.#overhearing.add(listener);
    return () => void this.#overhearing.delete(listener);
  }

  /** Calls under way fail at once, as they do when a connection is reset. */
  cut(): void {
    for (const line of [this.there, this.back]) line.set('cut');
    for (const { reject } of [...this.#waiting.values()]) reject(unreachable());
  }

  /** Nothing comes through any more, and nobody is told. */
  silence(way?: 'there' | 'back'): void {
    if (way !== 'back') this.there.set('half-open');
    if (way !== 'there') this.back.set('half-open');
  }

  /** How many calls of that name were answered so far with what they asked for. */
  answersTo(name: keyof CloudPort): number {
    return this.#answers.get(name) ?? 0;
  }

  #call<T>(name: keyof CloudPort, signal: AbortSignal, serve: () => Promise<T>): Promise<T> {
    const { time } = this.#options;
    const id = ++this.#calls;
    return new Promise<T>((resolve, reject) => {
      const over = () => {
        callOff();
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(id);
      };
      const giveUp = () => {
        over();
        reject(unreachable());
      };
      const isSent = this.there.send({ id, name, serve });
      const callOff = time.after(isSent ? DEADLINES_MS[name] : REFUSED_MS, giveUp);
      signal.addEventListener('abort', giveUp);
      this.#waiting.set(id, {
        resolve: value => {
          over();
          this.#answers.set(name, this.answersTo(name) + 1);
          resolve(value as T);
        },
        reject: error => {
          over();
          reject(error);
        },
      });
    });
  }

  #serve({ id, name, serve }: Call): void {
    const { time, trace } = this.#options;
    const answered = (outcome: { value: unknown } | { error: unknown }) => {
      const code = 'error' in outcome && outcome.error instanceof Fault ? outcome.error.code : undefined;
      // What isn't a refusal is a mistake, of ours or of the code that is tried.
      if ('error' in outcome && code === undefined) throw outcome.error;
      trace.note(this.#options.name, name, { id, ...(code === undefined ? {} : { code }) });
      this.back.send({ id, ...outcome });
    };
    time.beside(
      serve().then(
        value => answered({ value }),
        (error: unknown) => answered({ error }),
      ),
    );
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if ('error' in answer) waiting?.reject(answer.error);
    else waiting?.resolve(answer.value);
  }
}

const unreachable = () =>
  new Fault('cloud-unreachable', 'Mend the line: selling goes on, and the journal is sent later.');
