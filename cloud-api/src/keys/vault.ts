/**
 * Secrets at rest: AES-256-GCM under a key derived from the master key. A sealed secret is nonce 12 ‖ ciphertext ‖
 * tag 16. The place it lies at is authenticated with it, so that a row copied to another event opens as nothing.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Fault } from '@pulsera/firmware-protocol/fault';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Vault {
  /** @param place e.g. `key-set/7/12/1/purse` */
  seal(secret: Uint8Array, place: string): Uint8Array;
  /** @throws Fault `secret-unreadable` under another master key, at another place, or changed */
  open(sealed: Uint8Array, place: string): Uint8Array;
}

/** @param key 32 bytes */
export function makeVault(key: Uint8Array, randomBytes: (length: number) => Uint8Array): Vault {
  return {
    seal(secret, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
      return new Uint8Array(
        Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]),
      );
    },
    open(sealed, place) {
      try {
        const end = sealed.length - TAG_BYTES;
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(end));
        return new Uint8Array(
          Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]),
        );
      } catch (cause) {
        throw new Fault(
          'secret-unreadable',
          'Start the cloud with the master key that this database was made with.',
          {
            cause,
            detail: { place },
          },
        );
      }
    },
  };
}
