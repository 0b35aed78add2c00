/**
 * A virtual reader with a queue of guests before it, for measuring how fast a box is when nobody is slow: its clock jumps, so the
 * air takes no time, and whoever waits for a wristband finds the last one gone and is held out the next.
 */
import type { Reader, ReaderSignal, Step } from '@pulsera/firmware-protocol/reader/reader';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';

export class GuestReader implements Reader {
  readonly name: string;
  readonly via = 'box';
  readonly #inner: VirtualReader;
  readonly #guests: readonly VirtualChip[];
  #next = 0;

  /** @param guests hold their wristbands out in turn, again and again */
  constructor(name: string, guests: readonly VirtualChip[]) {
    this.name = name;
    this.#inner = new VirtualReader({ name, clock: jumpingClock() });
    this.#guests = guests;
  }

  chip() {
    return this.#inner.chip();
  }

  isUp(): boolean {
    return this.#inner.isUp();
  }

  run(script: readonly Step[]) {
    return this.#inner.run(script);
  }

  /** Listening is waiting: the next guest steps up once the listener had time to ask for one. */
  onSignal(listener: (signal: ReaderSignal) => void): () => void {
    const unsubscribe = this.#inner.onSignal(listener);
    void this.#stepUp();
    return unsubscribe;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #stepUp(): Promise<void> {
    await this.#inner.remove();
    const guest = this.#guests[this.#next++ % this.#guests.length];
    if (guest !== undefined) await this.#inner.present(guest);
  }
}
