/**
 * A till with a reader behind it, and the person who works there. Its box may die at any moment: then it waits for the next one, and asks
 * for what it never heard an answer to before anything else, under the same tap id.
 */
import type { TerminalAccess } from '@pulsera/edge-node/credentials';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Clock } from '@pulsera/firmware-protocol/virtual/clock';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { type ReaderServer, serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import { Prompt, TapResult } from '@pulsera/firmware-protocol/wire/till';
import { PRESENCE_OFFLINE, PRESENCE_ONLINE, tillTopic } from '@pulsera/firmware-protocol/wire/topics';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Asked } from './witness.ts';

/** The byte that begins a page write (NTAG213/215/216, 10.4). */
const WRITE = 'a2';
const ANSWER_MS = 20_000;
/** The guest takes the wristband away at once when the screen freezes, and may tear it. */
const LEAVES = 0.5;
const HEARS = ['result', 'prompt', 'reader/state', 'reader/script'];

/** What a till tells whoever chooses the moment of death. */
export type Stage = 'asked' | 'writing' | 'written';

export interface TillOptions {
  readonly access: TerminalAccess;
  readonly random: Random;
  readonly onStage: (stage: Stage) => void;
}

export class CrashTill {
  readonly tillId: string;
  readonly #options: TillOptions;
  readonly #reader: VirtualReader;
  readonly #served: ReaderServer;
  #client: MqttClient | undefined;
  #chip: VirtualChip | undefined;
  #writes = 0;
  #waiting:
    | { readonly tapId: string; readonly answered: (result: TapResult | undefined) => void }
    | undefined;

  constructor(options: TillOptions) {
    this.#options = options;
    this.tillId = options.access.till;
    this.#reader = new VirtualReader({ name: this.tillId, clock: sleepyClock, via: 'terminal' });
    this.#served = serveReader(this.#reader, {
      answer: answer => this.#publish('reader/answer', answer),
      field: field => this.#publish('reader/field', field),
    });
  }

  /** A script that writes to a wristband is under way. */
  get isWriting(): boolean {
    return this.#writes > 0;
  }

  /** To a box that is up. @returns false when it died meanwhile */
  async connect(port: number): Promise<boolean> {
    const { access } = this.#options;
    const topic = (leaf: string) => tillTopic(this.tillId, leaf);
    try {
      const options: IClientOptions = {
        protocolVersion: 4,
        clientId: this.tillId,
        ca: access.ca,
        cert: access.cert,
        key: access.key,
        servername: access.serverName,
        reconnectPeriod: 0,
        will: { topic: topic('presence'), payload: Buffer.from(PRESENCE_OFFLINE), qos: 1, retain: true },
      };
      const client = await connectAsync(`mqtts://127.0.0.1:${port}`, options, false);
      this.#client = client;
      const closed = new Promise<void>(resolve => client.once('close', () => resolve()));
      client.on('message', (heard, payload) => this.#heard(heard, payload));
      client.on('error', () => undefined);
      client.on('close', () => this.#lost());
      const ready = client
        .subscribeAsync(HEARS.map(topic), { qos: 1 })
        .then(() => client.publishAsync(topic('presence'), PRESENCE_ONLINE, { qos: 1, retain: true }));
      await Promise.race([ready, closed]);
      if (!client.connected) return false;
      this.#served.announce();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Asks, with this wristband held out as soon as the screen says so; without one for what was answered before.
   * @returns undefined when the box died before it answered. @throws Error when it lives and says nothing
   */
  ask(
    leaf: string,
    { tapId, request }: Asked,
    chip: VirtualChip | undefined,
  ): Promise<TapResult | undefined> {
    this.#chip = chip;
    return this.#send(leaf, tapId, request);
  }

  cancel({ tapId }: Asked): Promise<TapResult | undefined> {
    return this.#send('cancel', tapId, { tapId });
  }

  /** The guest goes. */
  async release(): Promise<void> {
    this.#chip = undefined;
    await this.#reader.remove();
  }

  async close(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#client = undefined;
  }

  #send(leaf: string, tapId: string, request: object): Promise<TapResult | undefined> {
    if (this.#client?.connected !== true) return Promise.resolve(undefined);
    const { promise, resolve, reject } = Promise.withResolvers<TapResult | undefined>();
    const late = setTimeout(() => {
      this.#waiting = undefined;
      reject(new Error(`${this.tillId} heard nothing for ${ANSWER_MS} ms of ${leaf} ${tapId}`));
    }, ANSWER_MS);
    this.#waiting = {
      tapId,
      answered: result => {
        clearTimeout(late);
        this.#waiting = undefined;
        resolve(result);
      },
    };
    this.#publish(leaf, request);
    this.#options.onStage('asked');
    return promise;
  }

  #lost(): void {
    if (this.#options.random.chance(LEAVES)) void this.#reader.remove();
    this.#waiting?.answered(undefined);
  }

  #heard(topic: string, payload: Uint8Array): void {
    const json: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (topic.endsWith('/reader/script')) void this.#script(ReaderScript.parse(json));
    else if (topic.endsWith('/prompt')) void this.#prompted(Prompt.parse(json));
    else if (topic.endsWith('/result')) {
      const result = TapResult.parse(json);
      if (result.tapId === this.#waiting?.tapId) this.#waiting.answered(result);
    }
  }

  async #script(script: ReaderScript): Promise<void> {
    const isWrite = script.steps.some(({ bytes }) => bytes.startsWith(WRITE));
    if (isWrite) {
      this.#writes++;
      this.#options.onStage('writing');
    }
    await this.#served.run(script);
    if (!isWrite) return;
    this.#writes--;
    this.#options.onStage('written');
  }

  async #prompted({ ask, tapId }: Prompt): Promise<void> {
    const chip = this.#chip;
    if (ask === 'hold-still' || chip === undefined || tapId !== this.#waiting?.tapId) return;
    await this.#reader.remove();
    await this.#reader.present(chip);
  }

  #publish(leaf: string, message: object): void {
    this.#client?.publish(tillTopic(this.tillId, leaf), JSON.stringify(message), { qos: 1 }, () => undefined);
  }
}

/** The machine's own, to the millisecond: a chip's time in the air is real, and costs nobody a processor. */
const sleepyClock: Clock = {
  nowMs: () => performance.now(),
  async sleepUntil(atMs) {
    const aheadMs = atMs - performance.now();
    if (aheadMs > 0.5) await new Promise(resolve => setTimeout(resolve, aheadMs));
  },
};
