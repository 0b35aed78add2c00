/** Ed25519 keys made of chance, so that a run signs the same bytes each time (RFC 8032: the signature is determined by key and message). */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { Sign, Verify } from '@pulsera/firmware-protocol/journal/cose';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';

export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
  readonly verify: Verify;
}

/** RFC 8410, section 7: what stands before the 32 bytes of a private key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export function signingKey(random: Random): SigningKey {
  const der = Buffer.concat([PKCS8, random.bytes(32)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: message => sign(null, message, privateKey),
    verify: (signature, message) => verify(null, message, publicKey, signature),
  };
}
