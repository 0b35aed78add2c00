/**
 * COSE_Sign1 as an outsider checks it (RFC 9052 section 4.4): CBOR by a library, Ed25519 by OpenSSL. Signed heads and
 * checkpoints carry the array [event, box, epoch, seq, hash, wallMs].
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decode, encode, Tagged } from 'cborg';
import { Fields } from './fields.ts';

/** An Ed25519 public key as SubjectPublicKeyInfo (RFC 8410): this prefix, then its 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export function publicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}

export interface Signed {
  readonly event: number;
  readonly box: number;
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
}

/** Undefined unless it is a message of that purpose, with a signature of that key. */
export function openSigned(
  purpose: 'pulsera/head' | 'pulsera/checkpoint',
  message: Uint8Array,
  key: KeyObject,
): Signed | undefined {
  try {
    const tagged = decode(message, { strict: true, useMaps: true, tags: Tagged.preserve(18) });
    if (!(tagged instanceof Tagged) || tagged.tag !== 18) return undefined;
    const parts: readonly unknown[] = Array.isArray(tagged.value) ? tagged.value : [];
    const [headers, , payload, signature] = parts;
    if (!(headers instanceof Uint8Array) || Buffer.from(headers).toString('hex') !== 'a10127')
      return undefined;
    if (!(payload instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined;
    const signed = encode(['Signature1', headers, new TextEncoder().encode(purpose), payload]);
    if (!verify(null, signed, key, signature)) return undefined;
    const fields = new Fields(decode(payload, { strict: true }), purpose);
    const head = {
      event: fields.uint(),
      box: fields.uint(),
      epoch: fields.uint(),
      seq: fields.uint(),
      hash: fields.hex(32),
    };
    fields.uint();
    fields.end();
    return head;
  } catch {
    return undefined;
  }
}
