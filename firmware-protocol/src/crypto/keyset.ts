/**
 * A key set: the numbered master keys of an event, three of them so that no box holds more than its work needs (a
 * gate box never gets the purse key). From each, a chip's own key is derived with AN10922:
 *
 *     purse     diversify(purse,    UID 7 ‖ event u32 ‖ "PULSERA PURSE")     24 bytes of input
 *     access    diversify(access,   UID 7 ‖ event u32 ‖ "PULSERA ACCESS")    25 bytes of input
 *     password  diversify(password, UID 7 ‖ "PULSERA PASSWORD")              23 bytes of input
 *
 * The system identifiers differ so that even one master key used by mistake in two roles gives unrelated keys. The
 * password leaves the event out: it must be known before anything on the chip can be read.
 */
import { concatBytes, fromHex, uintBytes } from '../bytes.ts';
import { Fault } from '../fault.ts';
import { ChipUid, type EventId, type KeySetNumber } from '../ids.ts';
import { diversify } from './an10922.ts';

export interface KeySet {
  /** Stands in every image, so that keys can be rolled while old images are still about. */
  readonly number: KeySetNumber;
  /** Master keys, 16 bytes each. */
  readonly purse: Uint8Array;
  readonly access: Uint8Array;
  readonly password: Uint8Array;
}

/** What PWD_AUTH sends and what the chip must answer (NTAG213/215/216 data sheet, section 10.7). */
export interface ChipPassword {
  /** 4 bytes. */
  readonly pwd: Uint8Array;
  /** 2 bytes. */
  readonly pack: Uint8Array;
}

const PURSE_SYSTEM = ascii('PULSERA PURSE');
const ACCESS_SYSTEM = ascii('PULSERA ACCESS');
const PASSWORD_SYSTEM = ascii('PULSERA PASSWORD');

/** The key of one chip's purse MACs, 16 bytes. @throws Fault `key-length-invalid`, `chip-uid-invalid`. */
export function chipPurseKey(purseKey: Uint8Array, uid: string, event: EventId): Uint8Array {
  return diversify(purseKey, concatBytes(uidBytes(uid), uintBytes(event, 4), PURSE_SYSTEM));
}

/** The key of one chip's access slots, 16 bytes. @throws Fault `key-length-invalid`, `chip-uid-invalid`. */
export function chipAccessKey(accessKey: Uint8Array, uid: string, event: EventId): Uint8Array {
  return diversify(accessKey, concatBytes(uidBytes(uid), uintBytes(event, 4), ACCESS_SYSTEM));
}

/**
 * One chip's password: bytes 0–3 of the derived key are PWD, bytes 4–5 are PACK, the rest is thrown away. It keeps
 * phones out, no more: 32 bits go over the air in clear, so nothing that holds money may rest on it.
 * @throws Fault `key-length-invalid`, `chip-uid-invalid`.
 */
export function chipPassword(passwordKey: Uint8Array, uid: string): ChipPassword {
  const derived = diversify(passwordKey, concatBytes(uidBytes(uid), PASSWORD_SYSTEM));
  return { pwd: derived.slice(0, 4), pack: derived.slice(4, 6) };
}

function uidBytes(uid: string): Uint8Array {
  if (!ChipUid.safeParse(uid).success) {
    throw new Fault('chip-uid-invalid', 'Give a 7-byte UID as 14 lower-case hex characters.', {
      detail: { length: uid.length },
    });
  }
  return fromHex(uid);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}
