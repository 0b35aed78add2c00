/**
 * Where a box keeps what must stay secret: its private keys, the event's key sets, its certificate authority.
 *
 * Every secret is a file sealed with one random data key (AES-256-GCM). The data key lies in `vault.json`, itself sealed with a key made
 * from the boot passphrase (scrypt, RFC 7914), or plainly, and then the vault says so: `unwrapped`. So changing the passphrase
 * replaces one file, in one step. A TPM would seal the data key the same way; it is not implemented, and nothing claims it.
 */
import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { z } from 'zod';
import { writeAtomically } from './atomic-file.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** About 0.2 s and 32 MB on a box (OWASP's equivalent of N = 2^17 with a quarter of the memory). */
const SCRYPT = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const Lid = z.discriminatedUnion('wrapping', [
  z.strictObject({ format: z.literal(1), wrapping: z.literal('unwrapped'), key: hex(KEY_BYTES) }),
  z.strictObject({
    format: z.literal(1),
    wrapping: z.literal('passphrase'),
    salt: hex(16),
    sealedKey: hex(NONCE_BYTES + KEY_BYTES + TAG_BYTES),
  }),
]);
type Lid = z.infer<typeof Lid>;

/** `passphrase`: worthless without it. `unwrapped`: whoever has the disk has the keys. */
export type Wrapping = Lid['wrapping'];
/** Fresh random bytes; `crypto.randomBytes` in `main.ts`. */
export type Random = (length: number) => Uint8Array;

export interface Vault {
  readonly wrapping: Wrapping;
  /** @throws Fault `vault-damaged` */
  read(name: string): Uint8Array | undefined;
  /** On disk when it returns. @param name a slug: it becomes a file's name. */
  write(name: string, secret: Uint8Array): void;
  /** Wraps the data key anew; null: leaves it plain. The secrets stay as they are. */
  wrapWith(passphrase: string | null): void;
}

/** @throws Fault `vault-exists` */
export function createVault(dir: string, passphrase: string | null, random: Random): Vault {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (existsSync(lidOf(dir))) {
    throw new Fault('vault-exists', `Use the identity that is in ${dir}, or give the box an empty folder.`);
  }
  const key = random(KEY_BYTES);
  return vaultWith(dir, key, closeLid(dir, key, passphrase, random), random);
}

/** @throws Fault `vault-missing`, `vault-damaged`, `passphrase-needed`, `passphrase-wrong` */
export function openVault(dir: string, passphrase: string | null, random: Random): Vault {
  if (!existsSync(lidOf(dir))) {
    throw new Fault('vault-missing', `Enrol this box first: ${dir} holds no identity.`);
  }
  const lid = readLid(dir);
  return vaultWith(dir, keyUnder(lid, passphrase), lid.wrapping, random);
}

function vaultWith(dir: string, key: Uint8Array, first: Wrapping, random: Random): Vault {
  let wrapping = first;
  const path = (name: string) => {
    if (!NAME.test(name)) throw new RangeError(`${name} is not a secret's name`);
    return join(dir, `${name}.sealed`);
  };
  return {
    get wrapping() {
      return wrapping;
    },
    read: name => {
      if (!existsSync(path(name))) return undefined;
      const secret = unseal(readFileSync(path(name)), key, name);
      if (secret === undefined) throw damaged(path(name));
      return secret;
    },
    write: (name, secret) => writeAtomically(path(name), seal(secret, key, name, random)),
    wrapWith: passphrase => {
      wrapping = closeLid(dir, key, passphrase, random);
    },
  };
}

const lidOf = (dir: string) => join(dir, 'vault.json');
const asBytes = (text: string) => Buffer.from(text, 'hex');
const asHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function closeLid(dir: string, key: Uint8Array, passphrase: string | null, random: Random): Wrapping {
  const salt = random(16);
  const lid: Lid =
    passphrase === null
      ? { format: 1, wrapping: 'unwrapped', key: asHex(key) }
      : {
          format: 1,
          wrapping: 'passphrase',
          salt: asHex(salt),
          sealedKey: asHex(seal(key, stretch(passphrase, salt), 'vault', random)),
        };
  writeAtomically(lidOf(dir), Buffer.from(`${JSON.stringify(lid, null, 2)}\n`));
  return lid.wrapping;
}

function readLid(dir: string): Lid {
  try {
    return Lid.parse(JSON.parse(readFileSync(lidOf(dir), 'utf8')));
  } catch (cause) {
    throw damaged(lidOf(dir), cause);
  }
}

function keyUnder(lid: Lid, passphrase: string | null): Uint8Array {
  if (lid.wrapping === 'unwrapped') return asBytes(lid.key);
  if (passphrase === null) {
    throw new Fault('passphrase-needed', 'Give the boot passphrase: this box keeps its keys wrapped.');
  }
  const key = unseal(asBytes(lid.sealedKey), stretch(passphrase, asBytes(lid.salt)), 'vault');
  if (key === undefined) {
    throw new Fault(
      'passphrase-wrong',
      'Give the boot passphrase this box was set up with; this is another one.',
    );
  }
  return key;
}

/** NFC, since one keyboard types é as one character and another as two. */
const stretch = (passphrase: string, salt: Uint8Array) =>
  scryptSync(passphrase.normalize('NFC'), salt, KEY_BYTES, SCRYPT);

/** nonce ‖ ciphertext ‖ tag, bound to its name so that one secret never passes for another. */
function seal(secret: Uint8Array, key: Uint8Array, name: string, random: Random): Uint8Array {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad(name));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

function unseal(sealed: Uint8Array, key: Uint8Array, name: string): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const body = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(aad(name))
    .setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
  } catch {
    return undefined;
  }
}

const aad = (name: string) => Buffer.from(`pulsera/vault/${name}`);

function damaged(path: string, cause?: unknown): Fault {
  return new Fault('vault-damaged', `Restore ${path} from a backup, or enrol this box anew.`, {
    ...(cause === undefined ? {} : { cause }),
  });
}
