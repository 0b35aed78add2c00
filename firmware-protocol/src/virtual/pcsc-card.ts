/**
 * A virtual chip as PC/SC sees it: one APDU in, one response with SW1 SW2 out, played by reader firmware that doesn't
 * exist. It serves in-process tests, and a program behind vpcd that plays a card to a real pcscd. The chip must be powered
 * and active; what a refusal looks like (63 00, or a PN532 status other than 00) hides the NAK, as it does in reality.
 */
import { concatBytes, fromHex } from '../bytes.ts';
import { ACK, READ, WRITE } from '../chip/ntag21x/commands.ts';
import { PAGE_BYTES } from '../chip/ntag21x/model.ts';
import type { PassThrough } from '../reader/apdu.ts';
import type { VirtualChip } from './chip.ts';

/** ATR of a storage card with an NTAG in it, as PC/SC part 3, section 3.1.3.2.3 builds it. */
export const STORAGE_CARD_ATR = fromHex('3b8f8001804f0ca0000003060300030000000068');

const OK = Uint8Array.of(0x90, 0x00);
const FAILED = Uint8Array.of(0x63, 0x00);
const NOT_SUPPORTED = Uint8Array.of(0x6a, 0x81);
const UNKNOWN_INSTRUCTION = Uint8Array.of(0x6d, 0x00);
const UNKNOWN_CLASS = Uint8Array.of(0x6e, 0x00);
const WRONG_LENGTH = Uint8Array.of(0x67, 0x00);
const GET_DATA = 0xca;
const READ_BINARY = 0xb0;
const UPDATE_BINARY = 0xd6;
const PASS_THROUGH = 0x00;
const HEADER_BYTES = 5;
const BLOCK_BYTES = 16;
/** PN532 user manual, section 7.1: a time-out, and a frame whose check is wrong, as a four-bit NAK's is. */
const PN532_TIMEOUT = 0x01;
const PN532_CRC = 0x02;

/** @param passThrough What the pretended reader can do. */
export function answerApdu(
  chip: VirtualChip,
  apdu: Uint8Array,
  passThrough: PassThrough = 'pn532',
): Uint8Array {
  const [cla = 0, instruction = 0, p1 = 0, p2 = 0, length = 0] = apdu;
  const data = apdu.slice(HEADER_BYTES);
  if (cla !== 0xff) return UNKNOWN_CLASS;
  switch (instruction) {
    case GET_DATA:
      // P1 = 1 asks for historical bytes, which a storage card doesn't have.
      return p1 === 0 ? concatBytes(fromHex(chip.uid), OK) : NOT_SUPPORTED;
    case READ_BINARY:
      return length > BLOCK_BYTES ? WRONG_LENGTH : readBinary(chip, p2, length === 0 ? BLOCK_BYTES : length);
    case UPDATE_BINARY:
      return length === PAGE_BYTES && data.length === PAGE_BYTES
        ? updateBinary(chip, p2, data)
        : WRONG_LENGTH;
    case PASS_THROUGH:
      if (passThrough === 'none') return UNKNOWN_INSTRUCTION;
      if (data.length !== length) return WRONG_LENGTH;
      return passThrough === 'pn532' ? pn532(chip, data) : bare(chip, data);
    default:
      return UNKNOWN_INSTRUCTION;
  }
}

function readBinary(chip: VirtualChip, page: number, length: number): Uint8Array {
  const answer = chip.exchange(Uint8Array.of(READ, page));
  return answer?.length === BLOCK_BYTES ? concatBytes(answer.slice(0, length), OK) : FAILED;
}

function updateBinary(chip: VirtualChip, page: number, data: Uint8Array): Uint8Array {
  return chip.exchange(concatBytes(Uint8Array.of(WRITE, page), data))?.[0] === ACK ? OK : FAILED;
}

function bare(chip: VirtualChip, frame: Uint8Array): Uint8Array {
  const answer = chip.exchange(frame);
  return answer === undefined || answer.length === 1 ? FAILED : concatBytes(answer, OK);
}

/** InCommunicateThru (D4 42) and InListPassiveTarget (D4 4A); PN532 user manual, sections 7.3.9 and 7.3.5. */
function pn532(chip: VirtualChip, data: Uint8Array): Uint8Array {
  if (data[0] !== 0xd4) return FAILED;
  if (data[1] === 0x4a) return listed(chip);
  if (data[1] !== 0x42) return FAILED;
  const answer = chip.exchange(data.slice(2));
  if (answer === undefined) return Uint8Array.of(0xd5, 0x43, PN532_TIMEOUT, ...OK);
  if (answer.length === 1) return Uint8Array.of(0xd5, 0x43, PN532_CRC, ...OK);
  return concatBytes(Uint8Array.of(0xd5, 0x43, 0x00), answer, OK);
}

function listed(chip: VirtualChip): Uint8Array {
  resetCard(chip);
  const uid = fromHex(chip.uid);
  // One target, number 1, SENS_RES 00 44, SEL_RES 00 (data sheet, section 9.4).
  return concatBytes(Uint8Array.of(0xd5, 0x4b, 1, 1, 0x00, 0x44, 0x00, uid.length), uid, OK);
}

/** Power off and on, and selected anew: what a reader does to a card that comes, and on a reset. */
export function resetCard(chip: VirtualChip): void {
  chip.powerOff();
  chip.powerOn();
  chip.activate();
}
