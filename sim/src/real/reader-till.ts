/**
 * A till with a reader behind it, over MQTT and TLS. Its box may die at any moment, and so may the line: whoever works at it then connects
 * again, and asks for what it never heard an answer to under the same tap id.
 */
import type { TerminalAccess } from '@pulsera/edge-node/credentials';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Clock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { type ReaderServer, serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import { Prompt, type RequestResult, type TapResult, TillResult } from '@pulsera/firmware-protocol/wire/till';
import { PRESENCE_OFFLINE, PRESENCE_ONLINE, tillTopic } from '@pulsera/firmware-protocol/wire/topics';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';

/** The byte that begins a page write (NTAG213/215/216, 10.4). */
const WRITE = 'a2';
const CONNECT_MS = 5_000;
const HEARS = ['result', 'prompt', 'reader/state', 'reader/script'];

/** What a till tells whoever chooses the moment of death. */
export type Stage = 'asked' | 'writing' | 'written';

export interface ReaderTillOptions {
  readonly access: TerminalAccess;
  /** Hearing nothing of what it asked for so long, it waits no more. */
  readonly silenceMs: number;
  /** The screen freezes: does the guest take the wristband away at once, and tear it perhaps? */
  readonly leaves: () => boolean;
  readonly onStage?: (stage: Stage) => void;
  readonly onPresented?: (tapId: string, uid: string) => void;
  /** What stands on the screen now: a prompt of the tap that it asked for, or an answer. */
  readonly onShown?: (message: Prompt | TillResult) => void;
}

/** `gone`: the connection has ended. `silent`: it stands, and nothing is said. */
type Unanswered = 'gone' | 'silent';
export type Answer = TapResult | Unanswered;

interface Waiting {
  /** Of the tap, or of the request. */
  readonly id: string;
  readonly answered: (answer: TillResult | Unanswered) => void;
  /** Something was heard: it goes on waiting. */
  readonly again: () => void;
}

export class ReaderTill {
  readonly tillId: string;
  readonly #options: ReaderTillOptions;
  readonly #reader: VirtualReader;
  readonly #served: ReaderServer;
  #client: MqttClient | undefined;
  #chip: VirtualChip | undefined;
  #writes = 0;
  #waiting: Waiting | undefined;

  constructor(options: ReaderTillOptions) {
    this.#options = options;
    this.tillId = options.access.till;
    this.#reader = new VirtualReader({ name: this.tillId, clock: sleepyClock, via: 'terminal' });
    this.#served = serveReader(this.#reader, {
      answer: answer => this.#publish('reader/answer', answer),
      field: field => this.#publish('reader/field', field),
    });
  }

  get isConnected(): boolean {
    return this.#client?.connected === true;
  }

  /** A script that writes to a wristband is under way. */
  get isWriting(): boolean {
    return this.#writes > 0;
  }

  /** To a box that is up, on loopback. @returns false when there was none, or it is gone again */
  async connect(port: number): Promise<boolean> {
    const { access } = this.#options;
    const topic = (leaf: string) => tillTopic(this.tillId, leaf);
    const options: IClientOptions = {
      protocolVersion: 4,
      clientId: this.tillId,
      ca: access.ca,
      cert: access.cert,
      key: access.key,
      servername: access.serverName,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_MS,
      will: { topic: topic('presence'), payload: Buffer.from(PRESENCE_OFFLINE), qos: 1, retain: true },
    };
    try {
      const client = await connectAsync(`mqtts://127.0.0.1:${port}`, options, false);
      this.#client = client;
      const ended = new Promise<void>(resolve => client.once('close', () => resolve()));
      client.on('message', (heard, payload) => {
        if (client === this.#client) this.#heard(heard, payload);
      });
      client.on('error', () => undefined);
      client.on('close', () => this.#lost());
      const late = setTimeout(() => client.end(true), CONNECT_MS);
      const ready = client
        .subscribeAsync(HEARS.map(topic), { qos: 1 })
        .then(() => client.publishAsync(topic('presence'), PRESENCE_ONLINE, { qos: 1, retain: true }));
      await Promise.race([ready, ended]).finally(() => clearTimeout(late));
      if (!client.connected) return false;
      this.#served.announce();
      return true;
    } catch {
      return false;
    }
  }

  /** Asks, with this wristband held out as soon as the screen says so; without one for what was answered before. */
  ask(leaf: string, request: { readonly tapId: string }, chip: VirtualChip | undefined): Promise<Answer> {
    this.#chip = chip;
    return this.#tap(leaf, request);
  }

  /** Gives a tap up. */
  cancel(tapId: string): Promise<Answer> {
    return this.#tap('cancel', { tapId });
  }

  /** What wants no wristband. */
  async tell(
    leaf: 'drawer-paid',
    request: { readonly requestId: string },
  ): Promise<RequestResult | Unanswered> {
    const answer = await this.#send(leaf, request, request.requestId);
    if (typeof answer === 'string' || !('tapId' in answer)) return answer;
    throw new TypeError(`${leaf} was answered as a tap`);
  }

  /** The guest goes. */
  async release(): Promise<void> {
    this.#chip = undefined;
    await this.#reader.remove();
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.endAsync(true);
  }

  async #tap(leaf: string, request: { readonly tapId: string }): Promise<Answer> {
    const answer = await this.#send(leaf, request, request.tapId);
    if (typeof answer === 'string' || 'tapId' in answer) return answer;
    throw new TypeError(`the tap ${request.tapId} was answered as another request`);
  }

  #send(leaf: string, request: object, id: string): Promise<TillResult | Unanswered> {
    if (!this.isConnected) return Promise.resolve('gone');
    const { promise, resolve } = Promise.withResolvers<TillResult | Unanswered>();
    const answered = (answer: TillResult | Unanswered) => {
      clearTimeout(late);
      this.#waiting = undefined;
      resolve(answer);
    };
    const late = setTimeout(() => answered('silent'), this.#options.silenceMs);
    this.#waiting = { id, answered, again: () => void late.refresh() };
    this.#publish(leaf, request);
    this.#options.onStage?.('asked');
    return promise;
  }

  #lost(): void {
    if (this.#options.leaves()) void this.#reader.remove();
    this.#waiting?.answered('gone');
  }

  #heard(topic: string, payload: Uint8Array): void {
    const json: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (topic.endsWith('/reader/script')) void this.#script(ReaderScript.parse(json));
    else if (topic.endsWith('/prompt')) void this.#prompted(Prompt.parse(json));
    else if (topic.endsWith('/result')) this.#answered(TillResult.parse(json));
  }

  #answered(result: TillResult): void {
    const id = 'tapId' in result ? result.tapId : result.requestId;
    if (id !== this.#waiting?.id) return;
    this.#options.onShown?.(result);
    this.#waiting.answered(result);
  }

  async #script(script: ReaderScript): Promise<void> {
    this.#waiting?.again();
    const isWrite = script.steps.some(({ bytes }) => bytes.startsWith(WRITE));
    if (isWrite) {
      this.#writes++;
      this.#options.onStage?.('writing');
    }
    await this.#served.run(script);
    if (!isWrite) return;
    this.#writes--;
    this.#options.onStage?.('written');
  }

  async #prompted(prompt: Prompt): Promise<void> {
    const { ask, tapId } = prompt;
    if (tapId !== this.#waiting?.id) return;
    this.#options.onShown?.(prompt);
    this.#waiting.again();
    const chip = this.#chip;
    if (ask === 'hold-still' || chip === undefined) return;
    await this.#reader.remove();
    this.#options.onPresented?.(tapId, chip.uid);
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
