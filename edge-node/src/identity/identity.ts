/**
 * Who this box is: an Ed25519 key that signs its journal, and an X25519 key that secrets are sealed to. Both are made once, on the box;
 * the private halves live in the vault, and nothing here hands them out.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Sign, Verify } from '@pulsera/firmware-protocol/journal/cose';
import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import type { Random, Vault } from './vault.ts';

const SECRET = 'identity';
const KEY_BYTES = 32;
/** DER in front of raw keys (RFC 8410, section 7). */
const ED25519_PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex');
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');
const X25519_PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');

const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);

export interface Identity {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** X25519, 32 bytes. */
  readonly sealingKey: Uint8Array;
  readonly sign: Sign;
  /** Whether this very box signed. */
  readonly verify: Verify;
  /** Opens what was sealed to this box (HPKE, RFC 9180, base mode). @throws Fault `sealed-to-another` */
  unseal(sealed: {
    readonly encapsulatedKey: Uint8Array;
    readonly ciphertext: Uint8Array;
    readonly info: Uint8Array;
    readonly aad: Uint8Array;
  }): Promise<Uint8Array>;
}

/** @throws Fault `identity-exists`: a box that changed its key would be another box. */
export function createIdentity(vault: Vault, random: Random): Identity {
  if (vault.read(SECRET) !== undefined) {
    throw new Fault(
      'identity-exists',
      'Keep the identity this box has; a new box starts with an empty folder.',
    );
  }
  const seeds = random(2 * KEY_BYTES);
  vault.write(SECRET, seeds);
  return identityFrom(seeds);
}

/** @throws Fault `identity-missing`, `vault-damaged` */
export function loadIdentity(vault: Vault): Identity {
  const seeds = vault.read(SECRET);
  if (seeds?.length !== 2 * KEY_BYTES) {
    throw new Fault('identity-missing', 'Enrol this box first: its vault holds no identity.');
  }
  return identityFrom(seeds);
}

function identityFrom(seeds: Uint8Array): Identity {
  const signing = privateKey(ED25519_PRIVATE, seeds.subarray(0, KEY_BYTES));
  const sealing = seeds.slice(KEY_BYTES);
  const verifying = createPublicKey(signing);
  return {
    publicKey: rawPublic(signing),
    sealingKey: rawPublic(privateKey(X25519_PRIVATE, sealing)),
    sign: message => signWith(null, message, signing),
    verify: (signature, message) => verifyWith(null, message, verifying, signature),
    unseal: async ({ encapsulatedKey, ciphertext, info, aad }) => {
      const key = await suite.DeserializePrivateKey(sealing);
      try {
        return await suite.Open(key, encapsulatedKey, ciphertext, { info, aad });
      } catch (cause) {
        throw new Fault('sealed-to-another', 'Enrol this box again: these keys were sealed to another one.', {
          cause,
        });
      }
    },
  };
}

/** The check of a peer's signatures; the key is parsed once. @param publicKey Ed25519, 32 bytes. */
export function verifierOf(publicKey: Uint8Array): Verify {
  const key = createPublicKey({
    key: Buffer.concat([ED25519_PUBLIC, publicKey]),
    format: 'der',
    type: 'spki',
  });
  return (signature, message) => verifyWith(null, message, key, signature);
}

function privateKey(prefix: Uint8Array, seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
}

function rawPublic(key: KeyObject): Uint8Array {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(der.length - KEY_BYTES));
}
