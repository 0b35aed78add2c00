/**
 * A bench of virtual blanks before the real keys' holder: it holds one after the other to a virtual reader that stands in this process, and
 * the scripts come over from where the keys are. So the keys stay there for virtual wristbands as well.
 */
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { FromEncoder } from '@pulsera/firmware-protocol/wire/encoding';
import { type ReaderServer, serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import type { Encoder } from '../encoder.ts';
import { saveVirtualChip } from './image-file.ts';
import { blankChip } from './wristbands.ts';

export class VirtualBench {
  readonly #reader = new VirtualReader({ name: 'virtual', clock: jumpingClock() });
  readonly #server: ReaderServer;
  readonly #random: (length: number) => Uint8Array;
  readonly #file: string;
  #chip: VirtualChip | undefined;

  /** @param file where the finished chips go */
  constructor(encoder: Encoder, random: (length: number) => Uint8Array, file: string) {
    this.#random = random;
    this.#file = file;
    this.#server = serveReader(this.#reader, {
      answer: answer => encoder.send({ kind: 'answer', answer }),
      field: field => encoder.send({ kind: 'field', field }),
    });
  }

  /** Plugs the reader in. */
  announce(): void {
    this.#server.announce();
  }

  take(message: FromEncoder): void {
    if (message.kind === 'script') void this.#server.run(message.script);
  }

  /** Holds a new blank there. */
  async next(): Promise<void> {
    await this.#reader.remove();
    this.#chip = blankChip(this.#random);
    await this.#reader.present(this.#chip);
  }

  /** Saves the one in the field. */
  keep(): void {
    if (this.#chip !== undefined) saveVirtualChip(this.#file, this.#chip);
  }

  async close(): Promise<void> {
    this.#server.close();
    await this.#reader.close();
  }
}
