/**
 * The line between a till and its box, both ways, and what MQTT makes of it. What a till publishes is acknowledged (QoS 1): whatever wasn't
 * when the connection broke is published again by the next one, before anything else, so that a box may hear it twice; with
 * clean sessions and QoS 0 what a box published meanwhile is lost (docs/wire.md, "Box and tills"). Within a connection nothing
 * is lost, doubled or overtaken: that is TCP's business.
 */
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { CALM, Line, type LineQuality } from './line.ts';
import type { VirtualTime } from './time.ts';
import type { Trace } from './trace.ts';

export interface TillWireOptions {
  readonly till: TillId;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  /** At the box. */
  readonly toBox: (leaf: string, payload: Uint8Array) => void;
  /** At the till. */
  readonly toTill: (leaf: ToTill['leaf'], json: string) => void;
  /** The broker has noticed that the till is not there any more. */
  readonly gone: () => void;
  /** The till has its box again. */
  readonly back: () => void;
}

interface Published {
  readonly leaf: string;
  readonly payload: Uint8Array;
  /** When the till hears that the broker has it. */
  ackedMs: number;
}
export interface ToTill {
  readonly leaf: 'result' | 'prompt' | 'reader/script';
  readonly json: string;
}

/** A reset is seen at once, or nearly. */
const RESET_MS = 50;
/** One and a half times the keepalive of a till (MQTT 3.1.1, section 3.1.2.10). */
const SILENCE_MS = 15_000;
/** From the broker back to the till. */
const ACK_MS = 2;

export class TillWire {
  readonly #up: Line<Published>;
  readonly #down: Line<ToTill>;
  readonly #options: TillWireOptions;
  /** Not acknowledged yet, in the order of their publishing. */
  #open: Published[] = [];
  readonly #overhearing = new Set<(said: ToTill) => void>();
  /** There is somebody at the other end. */
  #isConnected = false;
  #callOff = () => {};

  constructor(options: TillWireOptions) {
    const { till } = options;
    this.#options = options;
    this.#up = new Line({ ...options, name: `${till} up`, deliver: published => this.#arrived(published) });
    this.#down = new Line({
      ...options,
      name: `${till} down`,
      deliver: ({ leaf, json }) => options.toTill(leaf, json),
    });
  }

  /** From the till. @returns false when there is no connection: then it is on its way as soon as there is one */
  publish(leaf: string, payload: Uint8Array): boolean {
    const published = { leaf, payload, ackedMs: Number.POSITIVE_INFINITY };
    this.#forgetAcked();
    this.#open.push(published);
    return this.#isConnected && this.#up.send(published);
  }

  /** From the box. */
  tell(leaf: ToTill['leaf'], json: string): void {
    for (const listener of [...this.#overhearing]) listener({ leaf, json });
    if (this.#isConnected) this.#down.send({ leaf, json });
  }

  /** Somebody else with the till's certificate hears what its box says to it. @returns how to leave */
  overhear(listener: (said: ToTill) => void): () => void {
    this.#overhearing.add(listener);
    return () => void this.#overhearing.delete(listener);
  }

  set quality(quality: LineQuality) {
    this.#up.quality = quality;
    this.#down.quality = quality;
  }

  cut(): void {
    this.#forgetAcked();
    this.#up.set('cut');
    this.#down.set('cut');
    this.#goneAfter(RESET_MS);
  }

  /** Nothing comes through any more, or to the box (`there`), or to the till (`back`); the broker finds out in its time. */
  silence(way?: 'there' | 'back'): void {
    this.#forgetAcked();
    if (way !== 'back') this.#up.set('half-open');
    if (way !== 'there') this.#down.set('half-open');
    this.#goneAfter(SILENCE_MS);
  }

  /** The till's program has ended, and what it held in memory with it; its connection breaks, and it opens another. */
  reset(): void {
    this.#open = [];
    this.#up.reset();
    this.#down.reset();
    this.#goneAfter(RESET_MS);
  }

  mend(): void {
    const isBroken = this.#isBroken;
    this.quality = CALM;
    this.#up.set('up');
    this.#down.set('up');
    if (isBroken && this.#isConnected) this.#connect();
  }

  boxStopped(): void {
    this.#forgetAcked();
    this.#isConnected = false;
    this.#up.reset();
    this.#down.reset();
  }

  /** The box is up again: the till connects anew, if the line lets it. */
  boxStarted(): void {
    this.#isConnected = true;
    if (!this.#isBroken) this.#connect();
  }

  /** A second connection takes the first one's place (MQTT 3.1.1, section 3.1.4), should the broker not have noticed its end. */
  #connect(): void {
    this.#callOff();
    this.#up.reset();
    this.#down.reset();
    this.#options.gone();
    for (const published of this.#open) {
      this.#options.trace.note(`${this.#options.till} up`, 'published again', { leaf: published.leaf });
      this.#up.send(published);
    }
    this.#options.back();
  }

  #arrived(published: Published): void {
    if (this.#down.state === 'up') published.ackedMs = this.#options.time.nowMs() + ACK_MS;
    this.#options.toBox(published.leaf, published.payload);
  }

  #forgetAcked(): void {
    const nowMs = this.#options.time.nowMs();
    this.#open = this.#open.filter(({ ackedMs }) => ackedMs > nowMs);
  }

  get #isBroken(): boolean {
    return this.#up.state !== 'up' || this.#down.state !== 'up';
  }

  #goneAfter(ms: number): void {
    this.#callOff();
    this.#callOff = this.#options.time.after(ms, this.#options.gone);
  }
}
