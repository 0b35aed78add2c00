/** The line between a till and its box, both ways, and what the box's broker makes of its state. */
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { Line, type LineQuality } from './line.ts';
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

interface ToBox {
  readonly leaf: string;
  readonly payload: Uint8Array;
}
export interface ToTill {
  readonly leaf: 'result' | 'prompt' | 'reader/script';
  readonly json: string;
}

/** A reset is seen at once, or nearly. */
const RESET_MS = 50;
/** One and a half times the keepalive of a till (MQTT 3.1.1, section 3.1.2.10). */
const SILENCE_MS = 15_000;

export class TillWire {
  readonly up: Line<ToBox>;
  readonly down: Line<ToTill>;
  readonly #options: TillWireOptions;
  #callOff = () => {};

  constructor(options: TillWireOptions) {
    const { till } = options;
    this.#options = options;
    this.up = new Line({
      ...options,
      name: `${till} up`,
      deliver: ({ leaf, payload }) => options.toBox(leaf, payload),
    });
    this.down = new Line({
      ...options,
      name: `${till} down`,
      deliver: ({ leaf, json }) => options.toTill(leaf, json),
    });
  }

  set quality(quality: LineQuality) {
    this.up.quality = quality;
    this.down.quality = quality;
  }

  cut(): void {
    this.up.set('cut');
    this.down.set('cut');
    this.#goneAfter(RESET_MS);
  }

  /** Nothing comes through any more, or to the box (`there`), or to the till (`back`); the broker finds out in its time. */
  silence(way?: 'there' | 'back'): void {
    if (way !== 'back') this.up.set('half-open');
    if (way !== 'there') this.down.set('half-open');
    this.#goneAfter(SILENCE_MS);
  }

  /** The till has crashed: its connection breaks, and it opens another. */
  reset(): void {
    this.up.reset();
    this.down.reset();
    this.#goneAfter(RESET_MS);
  }

  mend(): void {
    const isBroken = this.up.state !== 'up' || this.down.state !== 'up';
    this.up.set('up');
    this.down.set('up');
    if (isBroken) this.#connect();
  }

  /** The box is up again: the till connects anew, if the line lets it. */
  boxStarted(): void {
    if (this.up.state !== 'up' || this.down.state !== 'up') return;
    this.up.reset();
    this.down.reset();
    this.#connect();
  }

  /** A second connection takes the first one's place (MQTT 3.1.1, section 3.1.4), should the broker not have noticed its end. */
  #connect(): void {
    this.#callOff();
    this.#options.gone();
    this.#options.back();
  }

  #goneAfter(ms: number): void {
    this.#callOff();
    this.#callOff = this.#options.time.after(ms, this.#options.gone);
  }
}
