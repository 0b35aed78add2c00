/**
 * Keys that some libraries accept and others don't, and keys with which a signature or a shared secret proves nothing,
 * are refused once, at enrolment, so that nobody has to think of them later.
 */
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { Point } from '@noble/ed25519';
import { Fault } from '@pulsera/firmware-protocol/fault';

/** DER in front of a raw X25519 key (RFC 8410, OID 1.3.101.110). */
const X25519_PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const X25519_PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** Any clamped scalar is a multiple of 8, and so takes every small-order point to zero. */
const PROBE = createPrivateKey({
  key: Buffer.concat([X25519_PRIVATE_PREFIX, Buffer.alloc(32, 9)]),
  format: 'der',
  type: 'pkcs8',
});
const P = 2n ** 255n - 19n;

/** Canonical encoding (RFC 8032, section 5.1.3), in the prime-order group. @throws Fault `box-key-refused` */
export function assertEd25519Key(publicKey: Uint8Array): void {
  let sound: boolean;
  try {
    const point = Point.fromBytes(publicKey, false);
    sound = !point.isSmallOrder() && point.isTorsionFree();
  } catch (cause) {
    throw refused('ed25519', cause);
  }
  if (!sound) throw refused('ed25519');
}

/** Canonical, and not one of the points that make every shared secret zero (RFC 7748, section 6.1). @throws Fault `box-key-refused` */
export function assertX25519Key(publicKey: Uint8Array): void {
  const u = publicKey.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  if (u >= P) throw refused('x25519');
  try {
    const key = Buffer.concat([X25519_PUBLIC_PREFIX, publicKey]);
    diffieHellman({ privateKey: PROBE, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) });
  } catch (cause) {
    // OpenSSL refuses a shared secret of zeros.
    throw refused('x25519', cause);
  }
}

function refused(key: string, cause?: unknown): Fault {
  return new Fault(
    'box-key-refused',
    'Make a new key pair on the box and enrol again: this public key proves nothing.',
    {
      cause,
      detail: { key },
    },
  );
}
