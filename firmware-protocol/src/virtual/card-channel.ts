/**
 * A PC/SC reader that exists only in this process: a CardChannel with virtual chips for cards. It goes through the same
 * APDUs as a real one, so `PcscReader` can be tried without pcscd.
 */
import { WRITE } from '../chip/ntag21x/commands.ts';
import type { PassThrough } from '../reader/apdu.ts';
import type { CardChannel, ChannelSignal } from '../reader/channel.ts';
import type { TornPage, VirtualChip } from './chip.ts';
import { answerApdu, resetCard } from './pcsc-card.ts';

const UPDATE_BINARY = 0xd6;

export class VirtualCardChannel implements CardChannel {
  readonly readerName: string;
  readonly #passThrough: PassThrough;
  readonly #listeners = new Set<(signal: ChannelSignal) => void>();
  #chip: VirtualChip | undefined;
  #isUp = true;
  #tear: { writesLeft: number; torn: TornPage } | undefined;
  /** APDUs seen, for tests that count exchanges. */
  readonly log: Uint8Array[] = [];

  constructor(readerName: string, passThrough: PassThrough) {
    this.readerName = readerName;
    this.#passThrough = passThrough;
  }

  async transmit(apdu: Uint8Array): Promise<Uint8Array> {
    this.log.push(apdu);
    if (!this.#isUp) throw new Error('no such reader');
    const chip = this.#chip;
    if (chip === undefined) return new Uint8Array(0);
    if (apdu[1] === UPDATE_BINARY && this.#tear !== undefined && this.#tear.writesLeft-- === 0) {
      chip.begin(Uint8Array.of(WRITE, apdu[3] ?? 0, ...apdu.slice(5)));
      chip.powerOff(this.#tear.torn);
      this.remove();
      return new Uint8Array(0);
    }
    return answerApdu(chip, apdu, this.#passThrough);
  }

  async reset(): Promise<void> {
    if (this.#chip !== undefined) resetCard(this.#chip);
  }

  onSignal(listener: (signal: ChannelSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#isUp = false;
    this.#listeners.clear();
  }

  insert(chip: VirtualChip): void {
    resetCard(chip);
    this.#chip = chip;
    if (this.#isUp) this.#send({ kind: 'card-present' });
  }

  remove(): void {
    if (this.#chip === undefined) return;
    this.#chip.powerOff();
    this.#chip = undefined;
    this.#tear = undefined;
    if (this.#isUp) this.#send({ kind: 'card-removed' });
  }

  /** The card leaves while the page of that WRITE, counted from 0 and from now, is being programmed. */
  tearAt(write: number, torn: TornPage): void {
    this.#tear = { writesLeft: write, torn };
  }

  unplug(reason: string): void {
    this.#isUp = false;
    this.#chip?.powerOff();
    this.#send({ kind: 'reader-down', reason });
  }

  plug(): void {
    this.#isUp = true;
    this.#send({ kind: 'reader-up' });
    if (this.#chip !== undefined) this.insert(this.#chip);
  }

  #send(signal: ChannelSignal): void {
    for (const listener of [...this.#listeners]) listener(signal);
  }
}
