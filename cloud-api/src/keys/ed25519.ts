/** Ed25519 by node:crypto (RFC 8032), which signs and verifies ten times faster than noble; same bytes. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Sign, Verify } from '@pulsera/firmware-protocol/journal/cose';

/** DER in front of a raw key: PKCS #8 and SubjectPublicKeyInfo with OID 1.3.101.112 (RFC 8410, section 10.3 and 4). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export interface Signer {
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
}

/** @param seed 32 bytes */
export function signerFromSeed(seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicDer = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: new Uint8Array(publicDer.subarray(PUBLIC_PREFIX.length)),
    sign: message => new Uint8Array(sign(null, message, key)),
  };
}

/** Making the KeyObject costs more than a check with it: keep what this returns. @param publicKey 32 bytes */
export function verifierOf(publicKey: Uint8Array): Verify {
  let key: KeyObject | undefined;
  return (signature, message) => {
    key ??= createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: 'der', type: 'spki' });
    return verify(null, message, key, signature);
  };
}
