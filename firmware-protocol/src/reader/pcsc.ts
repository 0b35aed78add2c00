/**
 * The Reader port on a PC/SC reader: steps become APDUs (`apdu.ts`) on a channel that some library provides. What it
 * adds is to find out what PC/SC hides: whether "operation failed" was the chip's refusal or its leaving, and how an
 * unknown reader passes native frames through.
 */
import { toHex } from '../bytes.ts';
import { Fault } from '../fault.ts';
import {
  dataOf,
  GET_UID,
  isOk,
  type PassThrough,
  PN532_ACTIVATE,
  passThroughOf,
  pn532ActivatedUid,
  type Translated,
  translate,
} from './apdu.ts';
import type { CardChannel, ChannelSignal } from './channel.ts';
import { isExpected } from './expect.ts';
import { GET_VERSION, VERSION_BYTES } from './native.ts';
import type { Presence, Reader, ReaderSignal, ScriptResult, ScriptStop, Step } from './reader.ts';
import { Signals } from './signals.ts';

const UID_BYTES = 7;
/** Ways to try on a reader whose name doesn't tell. */
const CANDIDATES = ['pn532', 'bare'] as const;

/** Stays inside: a channel that fails ends a script with `reader`. */
class ChannelDown extends Error {}

export class PcscReader implements Reader {
  readonly name: string;
  readonly via: 'box' | 'terminal';
  readonly #channel: CardChannel;
  readonly #signals = new Signals();
  readonly #unsubscribe: () => void;
  #passThrough: PassThrough | undefined;
  #chip: Presence | undefined;
  #presences = 0;
  /** Grows with every card signal: what was asked of an earlier card says nothing about this one. */
  #cards = 0;
  #isUp = true;
  #needsActivation = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(channel: CardChannel, via: 'box' | 'terminal' = 'box') {
    this.name = channel.readerName;
    this.via = via;
    this.#channel = channel;
    this.#passThrough = passThroughOf(channel.readerName);
    this.#unsubscribe = channel.onSignal(signal => this.#hear(signal));
  }

  chip(): Presence | undefined {
    return this.#chip;
  }

  isUp(): boolean {
    return this.#isUp;
  }

  /** How native frames reach the chip here; undefined until an unknown reader has seen its first chip. For doctor. */
  passThrough(): PassThrough | undefined {
    return this.#passThrough;
  }

  onSignal(listener: (signal: ReaderSignal) => void): () => void {
    return this.#signals.subscribe(listener);
  }

  /**
   * @throws Fault `reader-unfit` when the reader has no way to send what the script asks: it is the wrong device, and
   *   no other tap will change that.
   */
  run(script: readonly Step[]): Promise<ScriptResult> {
    return this.#enqueue(() => this.#run(script));
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#signals.clear();
    this.#isUp = false;
    this.#chip = undefined;
    await this.#channel.close();
  }

  #hear(signal: ChannelSignal): void {
    switch (signal.kind) {
      case 'card-present':
        this.#cards += 1;
        void this.#enqueue(this.#identify.bind(this, this.#cards));
        return;
      case 'card-removed':
        this.#cards += 1;
        this.#lose();
        return;
      case 'reader-up':
        this.#isUp = true;
        this.#signals.send({ kind: 'up' });
        return;
      case 'reader-down':
        this.#cards += 1;
        this.#isUp = false;
        this.#lose();
        this.#signals.send({ kind: 'down', reason: signal.reason });
        return;
    }
  }

  #lose(): void {
    if (this.#chip === undefined) return;
    this.#chip = undefined;
    this.#signals.send({ kind: 'removed' });
  }

  async #identify(card: number): Promise<void> {
    const uid = await this.#unlessDown(() => this.#uid());
    if (card !== this.#cards || uid === undefined || uid === 'reader') return;
    if (uid.length !== UID_BYTES) {
      this.#signals.send({ kind: 'unsupported', reason: 'foreign-chip' });
      return;
    }
    this.#needsActivation = false;
    this.#presences += 1;
    this.#chip = { uid: toHex(uid), presence: this.#presences };
    this.#signals.send({ kind: 'present', chip: this.#chip });
  }

  async #uid(): Promise<Uint8Array | undefined> {
    const response = await this.#ask(GET_UID);
    return isOk(response) ? dataOf(response) : undefined;
  }

  async #run(script: readonly Step[]): Promise<ScriptResult> {
    const answers: Uint8Array[] = [];
    if (!this.#isUp) return { answers, stopped: 'reader' };
    const presence = this.#chip?.presence;
    if (presence === undefined) return { answers, stopped: 'removed' };
    const stopped = await this.#unlessDown(() => this.#steps(script, presence, answers));
    return stopped === undefined ? { answers } : { answers, stopped };
  }

  /** Fills `answers` as far as it gets. */
  async #steps(
    script: readonly Step[],
    presence: number,
    answers: Uint8Array[],
  ): Promise<ScriptStop | undefined> {
    const passThrough = this.#passThrough ?? (await this.#probe());
    if (this.#needsActivation && !(await this.#activate())) return this.#stop();
    for (const step of script) {
      if (this.#chip?.presence !== presence) return this.#stop();
      const answer = await this.#exchange(step.bytes, passThrough);
      if (typeof answer === 'string') return answer;
      answers.push(answer);
      if (isExpected(step.expected, answer)) continue;
      // A NAK leaves the chip idle; after an unclear failure it has been called anew already.
      if (answer.length === 1) this.#needsActivation = true;
      return 'mismatch';
    }
    return undefined;
  }

  async #exchange(frame: Uint8Array, passThrough: PassThrough): Promise<Uint8Array | ScriptStop> {
    const translated = await this.#send(frame, passThrough);
    switch (translated.kind) {
      case 'answer':
        return translated.bytes;
      case 'unclear':
        return (await this.#activate()) ? new Uint8Array(0) : this.#stop();
      case 'removed':
        return this.#stop();
      case 'unsupported':
        throw new Fault(
          'reader-unfit',
          'Use a reader that passes native commands through to the chip, such as an ACR122U: this one cannot.',
          { detail: { reader: this.name, command: frame[0] ?? null } },
        );
    }
  }

  async #send(frame: Uint8Array, passThrough: PassThrough): Promise<Translated> {
    const translation = translate(frame, passThrough);
    if (translation === undefined) return { kind: 'unsupported' };
    const responses: Uint8Array[] = [];
    for (const apdu of translation.apdus) {
      const response = await this.#ask(apdu);
      responses.push(response);
      if (!isOk(response)) break;
    }
    return translation.back(responses);
  }

  /** Asks the chip for its version in each way: the one that brings eight bytes is this reader's. */
  async #probe(): Promise<PassThrough> {
    for (const candidate of CANDIDATES) {
      const translated = await this.#send(Uint8Array.of(GET_VERSION), candidate);
      if (translated.kind === 'answer' && translated.bytes.length === VERSION_BYTES) {
        this.#passThrough = candidate;
        return candidate;
      }
      // To the chip that may have been an unknown command, which it refuses.
      await this.#activate();
    }
    // Not remembered: it may have been the chip that didn't know the command.
    return 'none';
  }

  /** Calls the chip anew after it has refused something. @returns whether it is the same one and still there. */
  async #activate(): Promise<boolean> {
    this.#needsActivation = false;
    const uid = await this.#reactivatedUid();
    return uid !== undefined && toHex(uid) === this.#chip?.uid;
  }

  async #reactivatedUid(): Promise<Uint8Array | undefined> {
    if (this.#passThrough === 'pn532') {
      return pn532ActivatedUid(await this.#ask(PN532_ACTIVATE));
    }
    // A card that can't be reset has gone, which the question after it shows.
    await this.#channel.reset?.().catch(() => undefined);
    return await this.#uid();
  }

  async #ask(apdu: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#channel.transmit(apdu);
    } catch (cause) {
      throw new ChannelDown('the channel failed', { cause });
    }
  }

  async #unlessDown<T>(work: () => Promise<T>): Promise<T | 'reader'> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ChannelDown) return 'reader';
      throw error;
    }
  }

  #stop(): ScriptStop {
    return this.#isUp ? 'removed' : 'reader';
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
