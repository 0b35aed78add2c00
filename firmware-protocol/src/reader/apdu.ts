/**
 * Native frames to PC/SC APDUs and back (PC/SC part 3, section 3.2.2; ACS "ACR122U Application Programming Interface",
 * sections 4–6), as pure functions. Storage-card commands say READ and WRITE on every reader; what they can't say goes
 * through the reader's pass-through, if it has one: then a FAST_READ of a whole purse is one exchange.
 */
import { concatBytes } from '../bytes.ts';
import { ACK, FAST_READ, PAGE_BYTES, READ, WRITE } from './native.ts';

/**
 * How a reader passes native frames to the chip.
 * `pn532`: FF 00 00 00 Lc D4 42 frame, a PN532's InCommunicateThru, as the ACR122U does.
 * `bare`: FF 00 00 00 Lc frame, with nothing around it. `none`: storage-card commands only.
 */
export type PassThrough = 'pn532' | 'bare' | 'none';

/** Known readers by the name that PC/SC gives them. Others are asked, see `probes`. */
const KNOWN_READERS: readonly { readonly name: RegExp; readonly passThrough: PassThrough }[] = [
  { name: /ACR ?122|touchatag|PN53[123]/i, passThrough: 'pn532' },
  { name: /OMNIKEY.*5[0-9]21/i, passThrough: 'none' },
];

/** How this reader passes frames through, or undefined when its name doesn't tell. */
export function passThroughOf(readerName: string): PassThrough | undefined {
  return KNOWN_READERS.find(known => known.name.test(readerName))?.passThrough;
}

/**
 * What came of a frame. `answer`: the chip's own words. `removed`: the card is gone. `unclear`: the reader says it failed
 * and not why; a NAK, noise and an empty field all look like this. `unsupported`: the reader doesn't know the command.
 */
export type Translated =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | { readonly kind: 'removed' | 'unclear' | 'unsupported' };

export interface Translation {
  /** Sent in this order, until one of them isn't answered with 90 00. */
  readonly apdus: readonly Uint8Array[];
  /** Reads the responses to those that were sent. */
  readonly back: (responses: readonly Uint8Array[]) => Translated;
}

const BLOCK_BYTES = 16;
const UPDATE_BYTES = 2 + PAGE_BYTES;

/** The card's UID (PC/SC part 3, section 3.2.2.1.3). */
export const GET_UID = Uint8Array.of(0xff, 0xca, 0x00, 0x00, 0x00);

/** @returns undefined when this reader has no way to say it. */
export function translate(frame: Uint8Array, passThrough: PassThrough): Translation | undefined {
  const [command, first = 0, last = 0] = frame;
  if (command === WRITE && frame.length === UPDATE_BYTES) {
    return { apdus: [updateBinary(first, frame.slice(2))], back: fromUpdate };
  }
  if (command === READ && frame.length === 2)
    return { apdus: [readBinary(first)], back: fromReads(BLOCK_BYTES) };
  if (passThrough !== 'none') return passed(frame, passThrough);
  if (command === FAST_READ && frame.length === 3 && last >= first) {
    const pages = last - first + 1;
    const blocks = Math.ceil((pages * PAGE_BYTES) / BLOCK_BYTES);
    const apdus = Array.from({ length: blocks }, (_, block) =>
      readBinary(first + (block * BLOCK_BYTES) / PAGE_BYTES),
    );
    return { apdus, back: fromReads(pages * PAGE_BYTES) };
  }
  return undefined;
}

export function isOk(response: Uint8Array): boolean {
  return statusOf(response) === 0x9000;
}

/** The data before SW1 SW2. */
export function dataOf(response: Uint8Array): Uint8Array {
  return response.slice(0, -2);
}

/** Always 16 bytes, since some readers take no other Le; what is over is cut off afterwards. */
function readBinary(page: number): Uint8Array {
  return Uint8Array.of(0xff, 0xb0, 0x00, page, BLOCK_BYTES);
}

function updateBinary(page: number, data: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0xff, 0xd6, 0x00, page, data.length), data);
}

const PN532_THRU = Uint8Array.of(0xd4, 0x42);

function passed(frame: Uint8Array, passThrough: 'pn532' | 'bare'): Translation {
  if (passThrough === 'bare') return { apdus: [direct(frame)], back: ([response]) => fromDirect(response) };
  return { apdus: [direct(concatBytes(PN532_THRU, frame))], back: ([response]) => fromPn532(response) };
}

/** Calls the chip anew: a PN532's InListPassiveTarget for one card of type A at 106 kbit/s. */
export const PN532_ACTIVATE = direct(Uint8Array.of(0xd4, 0x4a, 0x01, 0x00));

/** The UID in the answer to it: D5 4B, one target, its number, SENS_RES 2, SEL_RES, length, UID. */
export function pn532ActivatedUid(response: Uint8Array): Uint8Array | undefined {
  if (!isOk(response) || response[0] !== 0xd5 || response[1] !== 0x4b || response[2] !== 1) return undefined;
  const length = response[7] ?? 0;
  const uid = dataOf(response).slice(8, 8 + length);
  return uid.length === length ? uid : undefined;
}

function direct(data: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0xff, 0x00, 0x00, 0x00, data.length), data);
}

function fromUpdate(responses: readonly Uint8Array[]): Translated {
  const response = responses[0] ?? new Uint8Array(0);
  return isOk(response) ? { kind: 'answer', bytes: Uint8Array.of(ACK) } : failure(response);
}

function fromReads(wantedBytes: number): (responses: readonly Uint8Array[]) => Translated {
  return responses => {
    const failed = responses.find(response => !isOk(response));
    if (failed !== undefined) return failure(failed);
    return { kind: 'answer', bytes: concatBytes(...responses.map(dataOf)).slice(0, wantedBytes) };
  };
}

function fromDirect(response: Uint8Array = new Uint8Array(0)): Translated {
  return isOk(response) ? { kind: 'answer', bytes: dataOf(response) } : failure(response);
}

/** D5 43 and a status; anything but 00 is an error of the air: a NAK's four bits, noise, or nobody there. */
function fromPn532(response: Uint8Array = new Uint8Array(0)): Translated {
  if (!isOk(response)) return failure(response);
  const data = dataOf(response);
  if (data[0] !== 0xd5 || data[1] !== 0x43) return { kind: 'unsupported' };
  return data[2] === 0 && data.length > 3 ? { kind: 'answer', bytes: data.slice(3) } : { kind: 'unclear' };
}

/** Status words that say "this reader does not do that" (ISO/IEC 7816-4, section 5.6). */
const UNSUPPORTED: readonly number[] = [0x6700, 0x6800, 0x6881, 0x6a81, 0x6d00, 0x6e00];

function failure(response: Uint8Array): Translated {
  // nfc-pcsc resolves with an empty buffer when the card is torn away in mid-exchange.
  if (response.length < 2) return { kind: 'removed' };
  return { kind: UNSUPPORTED.includes(statusOf(response)) ? 'unsupported' : 'unclear' };
}

function statusOf(response: Uint8Array): number {
  return response.length < 2 ? 0 : ((response.at(-2) ?? 0) << 8) | (response.at(-1) ?? 0);
}
