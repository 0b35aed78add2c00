/**
 * A card behind vpcd, the virtual reader driver of Debian's vsmartcard-vpcd: we dial in and play the card. Messages are a
 * length of two bytes, big endian, and a body; a body of one byte is a command to the card's power, all others are APDUs.
 * The connection is the card: closing it is the card leaving the field.
 */
import { connect, type Socket } from 'node:net';
import { WRITE } from '@pulsera/firmware-protocol/chip/ntag21x/commands';
import type { TornPage, VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { answerApdu, STORAGE_CARD_ATR } from '@pulsera/firmware-protocol/virtual/pcsc-card';

const POWER = { off: 0, on: 1, reset: 2, atr: 4 } as const;
const UPDATE_BINARY = 0xd6;
const PASS_THROUGH = 0x00;

/** Where a reader's cards dial in, and the hand that holds them. */
export class VpcdField {
  readonly #port: number;
  #chip: VirtualChip | undefined;
  #socket: Socket | undefined;
  #tear: { writesLeft: number; readonly torn: TornPage } | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves once the driver has taken the card; pcscd notices within 400 ms. */
  async present(chip: VirtualChip): Promise<void> {
    this.#chip = chip;
    await this.#dial();
  }

  async remove(): Promise<void> {
    this.#chip?.powerOff();
    this.#chip = undefined;
    this.#tear = undefined;
    await this.#hangUp();
  }

  /** The card leaves while the page of that WRITE, from 0 and from now, is being programmed. */
  tearAt(write: number, torn: TornPage): void {
    this.#tear = { writesLeft: write, torn };
  }

  /** After pcscd was started again: the chip still lies on the reader. */
  async again(): Promise<void> {
    await this.#hangUp();
    if (this.#chip !== undefined) await this.#dial();
  }

  async #dial(): Promise<void> {
    const socket = await dialled(this.#port);
    this.#socket = socket;
    let received = Buffer.alloc(0);
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const length = received.readUInt16BE(0);
        const answer = this.#answer(received.subarray(2, 2 + length));
        received = received.subarray(2 + length);
        if (answer !== undefined) socket.write(framed(answer));
      }
    });
  }

  async #hangUp(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined || socket.destroyed) return;
    await new Promise<void>(resolve => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  #answer(message: Buffer): Uint8Array | undefined {
    const chip = this.#chip;
    if (chip === undefined) return undefined;
    if (message.length === 1) return this.#power(chip, message[0] ?? 0);
    const apdu = Uint8Array.from(message);
    const frame = writeFrame(apdu);
    if (frame === undefined || this.#tear === undefined) return answerApdu(chip, apdu);
    if (this.#tear.writesLeft-- > 0) return answerApdu(chip, apdu);
    chip.begin(frame);
    chip.powerOff(this.#tear.torn);
    void this.remove();
    return undefined;
  }

  #power(chip: VirtualChip, command: number): Uint8Array | undefined {
    if (command === POWER.atr) return STORAGE_CARD_ATR;
    if (command === POWER.off || command === POWER.reset) chip.powerOff();
    if (command === POWER.on || command === POWER.reset) {
      chip.powerOn();
      chip.activate();
    }
    return undefined;
  }
}

/** The WRITE that an APDU brings to the chip, if it is one. */
function writeFrame(apdu: Uint8Array): Uint8Array | undefined {
  if (apdu[1] === UPDATE_BINARY) return Uint8Array.of(WRITE, apdu[3] ?? 0, ...apdu.slice(5));
  if (apdu[1] === PASS_THROUGH && apdu[7] === WRITE) return apdu.slice(7);
  return undefined;
}

function framed(body: Uint8Array): Buffer {
  const message = Buffer.alloc(2 + body.length);
  message.writeUInt16BE(body.length);
  message.set(body, 2);
  return message;
}

/** The driver listens when pcscd has started, and again after each card: that takes a moment. */
async function dialled(port: number): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      });
      socket.on('error', () => {});
      return socket;
    } catch (error) {
      if (tries >= 100) throw error;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}
