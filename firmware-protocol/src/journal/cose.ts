/**
 * COSE_Sign1 with Ed25519 (RFC 9052 section 4.2, RFC 9053 section 2.2): what signs heads, checkpoints, plans and answers
 * to challenges. Any COSE library can check one: tag 18, protected header {1: -8}, key id in the unprotected header,
 * and the purpose as external data, so that a signature made for one purpose never passes for another.
 */
import { Fault } from '../fault.ts';
import { CborReader, CborWriter } from './cbor.ts';

/** What a signature is for; goes into `external_aad` as UTF-8 text. */
export type Purpose =
  | 'pulsera/head'
  | 'pulsera/checkpoint'
  | 'pulsera/plan'
  | 'pulsera/enrolment'
  | 'pulsera/session';

/** Ed25519 over these bytes (RFC 8032): 64 bytes. Box and cloud hand in node:crypto's; browsers use noble. */
export type Sign = (message: Uint8Array) => Uint8Array;
export type Verify = (signature: Uint8Array, message: Uint8Array) => boolean;

const COSE_SIGN1 = 18;
/** {1: -8}: algorithm EdDSA. */
const PROTECTED = Uint8Array.of(0xa1, 0x01, 0x27);
const KEY_ID = 4;
const KEY_ID_MAX_BYTES = 32;
const PAYLOAD_MAX_BYTES = 0xff_ffff;
const EMPTY = new Uint8Array(0);

/**
 * @param keyId who signed, for finding the key: at most 32 bytes, not itself trusted.
 * @throws RangeError for lengths that `peek1` would refuse.
 */
export function sign1(
  purpose: Purpose,
  payload: Uint8Array,
  sign: Sign,
  keyId: Uint8Array = EMPTY,
): Uint8Array {
  const signature = sign(toBeSigned(purpose, payload));
  if (keyId.length > KEY_ID_MAX_BYTES || payload.length > PAYLOAD_MAX_BYTES || signature.length !== 64) {
    throw new RangeError('key id, payload or signature has a length that no reader takes');
  }
  const out = new CborWriter();
  out.tag(COSE_SIGN1);
  out.array(4);
  out.bytes(PROTECTED);
  out.map(1);
  out.int(KEY_ID);
  out.bytes(keyId);
  out.bytes(payload);
  out.bytes(signature);
  return out.done();
}

export interface Unverified {
  readonly keyId: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Reads the structure without trusting it, to find out whose key to check it with. @throws Fault `cbor-malformed` */
export function peek1(message: Uint8Array): Unverified {
  const input = new CborReader(message);
  input.tag(COSE_SIGN1);
  input.array(4);
  const start = input.offset;
  const header = input.bytes(PROTECTED.length);
  if (header.some((byte, i) => byte !== PROTECTED[i]))
    input.fail('a protected header that is not {1: -8}', start);
  input.map(1);
  input.int(KEY_ID, KEY_ID);
  const keyId = input.bytes(0, KEY_ID_MAX_BYTES);
  const payload = input.bytes(0, PAYLOAD_MAX_BYTES);
  const signature = input.bytes(64);
  input.end();
  return { keyId, payload, signature };
}

/** The payload, once its signature holds. @throws Fault `signature-invalid`, `cbor-malformed` */
export function open1(purpose: Purpose, message: Uint8Array, verify: Verify): Uint8Array {
  const { payload, signature } = peek1(message);
  if (!verify(signature, toBeSigned(purpose, payload))) {
    throw new Fault(
      'signature-invalid',
      'Refuse this message: its signature does not match its content and purpose.',
      {
        detail: { purpose },
      },
    );
  }
  return payload;
}

/** The Sig_structure of RFC 9052, section 4.4. */
function toBeSigned(purpose: Purpose, payload: Uint8Array): Uint8Array {
  const out = new CborWriter();
  out.array(4);
  out.text('Signature1');
  out.bytes(PROTECTED);
  out.bytes(new TextEncoder().encode(purpose));
  out.bytes(payload);
  return out.done();
}
