/**
 * How long things take on the air, so that a tap on a virtual reader costs what a real one would. The frame formula
 * reproduces the figures drawn in the NTAG213/215/216 data sheet, section 10: GET_VERSION 283 µs and its answer
 * 868 µs, WRITE 708 µs, an ACK 57 µs.
 */
import { HLTA, WRITE } from '../chip/ntag21x/commands.ts';

/** 13.56 MHz in cycles per millisecond. */
const CARRIER_PER_MS = 13_560;
/** One bit at 106 kbit/s is 128 carrier periods (ISO/IEC 14443-2). */
const BIT_MS = 128 / CARRIER_PER_MS;
const CRC_BYTES = 2;
const BITS_PER_BYTE = 9; // eight and a parity bit
/** Start bit and the end of communication, as long as the data sheet draws them. */
const COMMAND_FRAME_BITS = 3;
const ANSWER_FRAME_BITS = 2;
/** A four-bit ACK or NAK, with neither parity nor CRC. */
const NIBBLE_MS = 6 * BIT_MS;
/** Frame delay times, reader to chip and chip to reader, n = 9 (ISO/IEC 14443-3, section 6.2.1; data sheet, 9.2). */
const CHIP_DELAY_MS = 1236 / CARRIER_PER_MS;
const READER_DELAY_MS = 1172 / CARRIER_PER_MS;
/** Programming one EEPROM page; the ACK comes after it. */
export const PROGRAMMING_MS = 4.1;
/** Field on, REQA, two levels of anticollision and selection. */
export const ACTIVATION_MS = 4.6;
/** How long a reader waits for an answer (data sheet, timing tables of section 10). */
const TIMEOUT_MS = 5;
const WRITE_TIMEOUT_MS = 10;
/** A chip that takes HLTA says nothing for 1 ms, and that is the answer (ISO/IEC 14443-3, section 6.4.3). */
const HALT_MS = 1;

/** From the first bit of the command to the moment the next command may start. @param answer Absent: it kept silent. */
export function exchangeMs(command: Uint8Array, answer: Uint8Array | undefined): number {
  const sent = commandMs(command);
  if (answer === undefined) return sent + timeoutMs(command);
  const isProgrammed = command[0] === WRITE && answer[0] === 0x0a;
  return sent + (isProgrammed ? PROGRAMMING_MS : CHIP_DELAY_MS) + answerMs(answer) + READER_DELAY_MS;
}

/** A command frame alone, CRC included. @param command Without its CRC. */
export function commandMs(command: Uint8Array): number {
  return ((command.length + CRC_BYTES) * BITS_PER_BYTE + COMMAND_FRAME_BITS) * BIT_MS;
}

function answerMs(answer: Uint8Array): number {
  if (answer.length <= 1) return NIBBLE_MS;
  return ((answer.length + CRC_BYTES) * BITS_PER_BYTE + ANSWER_FRAME_BITS) * BIT_MS;
}

function timeoutMs(command: Uint8Array): number {
  if (command[0] === HLTA) return HALT_MS;
  return command[0] === WRITE ? WRITE_TIMEOUT_MS : TIMEOUT_MS;
}
