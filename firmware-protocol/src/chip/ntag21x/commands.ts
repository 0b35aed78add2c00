/** The commands of NTAG21x that the driver sends, as script steps (data sheet, section 10), and how to read a refusal. */
import { concatBytes } from '../../bytes.ts';
import type { ChipPassword } from '../../crypto/keyset.ts';
import { ACK, FAST_READ, GET_VERSION, PAGE_BYTES, READ, VERSION_BYTES, WRITE } from '../../reader/native.ts';
import type { Step } from '../../reader/reader.ts';

export { ACK, FAST_READ, GET_VERSION, READ, VERSION_BYTES, WRITE };

export const PWD_AUTH = 0x1b;
export const READ_CNT = 0x39;
export const READ_SIG = 0x3c;
export const HLTA = 0x50;
export const PACK_BYTES = 2;

/** NAK codes (data sheet, section 9.3). */
export const NAK = {
  invalidArgument: 0x00,
  parityOrCrc: 0x01,
  authenticationCounter: 0x04,
  eepromWrite: 0x05,
} as const;
const NAK_CODES: readonly number[] = Object.values(NAK);

/** The NAK code if that is what the answer is; undefined for data, an ACK, and noise. */
export function nakCode(answer: Uint8Array | undefined): number | undefined {
  const code = answer?.length === 1 ? answer[0] : undefined;
  return code !== undefined && NAK_CODES.includes(code) ? code : undefined;
}

/** A refusal reaches us as a NAK, or as nothing at all where the reader swallows four-bit frames. */
export function isRefusal(answer: Uint8Array): boolean {
  return answer.length === 0 || nakCode(answer) !== undefined;
}

export function getVersion(): Step {
  return { bytes: Uint8Array.of(GET_VERSION), expected: { length: VERSION_BYTES } };
}

/** Pages `from` to `to`, both included. With `holding`, the script goes on only if they hold exactly that. */
export function fastRead(from: number, to: number, holding?: Uint8Array): Step {
  const bytes = Uint8Array.of(FAST_READ, from, to);
  if (holding !== undefined) return { bytes, expected: { bytes: holding } };
  return { bytes, expected: { length: (to - from + 1) * PAGE_BYTES } };
}

export function write(page: number, data: Uint8Array): Step {
  return { bytes: concatBytes(Uint8Array.of(WRITE, page), data), expected: { bytes: Uint8Array.of(ACK) } };
}

export function pwdAuth(secret: ChipPassword): Step {
  return {
    bytes: concatBytes(Uint8Array.of(PWD_AUTH), secret.pwd),
    expected: { bytes: secret.pack },
  };
}
