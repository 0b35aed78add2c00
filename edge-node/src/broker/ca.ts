// tsyringe, on which @peculiar/x509 stands, refuses to load without it.
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { TillId } from '@pulsera/firmware-protocol/ids';

/**
 * The box's own certificate authority, for its broker and for the terminals behind it. A till trusts this CA and
 * nothing else, so a box works with no network and no public name.
 *
 * ECDSA on P-256, since OpenSSL of every age, mqtt.js and mosquitto take it for TLS 1.2 and 1.3 alike; Ed25519
 * client certificates are refused by some of them.
 */

/** A private key and the certificate over its public half, as PEM text: what a keystore wraps and gives back. */
export interface CertifiedKey {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** X.509, PEM. */
  readonly cert: string;
  /** The certificate's serial number: 32 lower-case hex characters. Revocation goes by it. */
  readonly serial: string;
}

/**
 * A certificate that a clock can end would close the bar when a clock is wrong. So it has no end (RFC 5280 section
 * 4.1.2.5: 99991231235959Z means exactly that), and it begins with Unix time: a board with no battery in its clock
 * wakes up in 1970, and no clock shows less. What must end is revoked (revocation.ts).
 */
const NOT_BEFORE = new Date(0);
const NOT_AFTER = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' };
const KEY_USES: webcrypto.KeyUsage[] = ['sign', 'verify'];

/** Makes a CA for a box. `boxName` is a slug, and the CA's CN is `{boxName} ca`. Fault `bad-certificate-name`. */
export async function createCa(crypto: webcrypto.Crypto, boxName: string): Promise<CertifiedKey> {
  const keys = await generateKey(crypto);
  const cert = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: commonName(`${slug(boxName)} ca`),
      serialNumber: freshSerial(crypto),
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      keys,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        // Path length 0: this CA signs terminals and servers, never another CA.
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return certified(crypto, keys, cert);
}

/**
 * The broker's own certificate. `names` are the host names and IP addresses by which tills reach the box; its own
 * name is always among them, so that a till can ask for that one (TLS server name) whatever address it dials.
 */
export async function issueServerCertificate(
  crypto: webcrypto.Crypto,
  ca: CertifiedKey,
  boxName: string,
  names: readonly string[],
): Promise<CertifiedKey> {
  const keys = await generateKey(crypto);
  const alternatives: x509.JsonGeneralNames = [...new Set([slug(boxName), ...names])].map(name => ({
    type: isIP(name) !== 0 ? 'ip' : 'dns',
    value: name,
  }));
  const cert = await sign(crypto, ca, boxName, keys.publicKey, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(alternatives),
  ]);
  return certified(crypto, keys, cert);
}

/** Key and certificate for a terminal, made on the box: for virtual tills, and for those that can't make a key. */
export async function issueTerminalCertificate(
  crypto: webcrypto.Crypto,
  ca: CertifiedKey,
  terminalId: string,
): Promise<CertifiedKey> {
  const keys = await generateKey(crypto);
  return certified(crypto, keys, await signTerminal(crypto, ca, terminalId, keys.publicKey));
}

/**
 * Certificate for a key that the terminal made and keeps: the private half never leaves it. `publicKey` is
 * SubjectPublicKeyInfo PEM of a P-256 key. Fault `bad-public-key`.
 */
export async function certifyTerminal(
  crypto: webcrypto.Crypto,
  ca: CertifiedKey,
  terminalId: string,
  publicKey: string,
): Promise<Omit<CertifiedKey, 'key'>> {
  const key = await importPublicKey(crypto, publicKey);
  const cert = await signTerminal(crypto, ca, terminalId, key);
  return { cert: pem(cert), serial: cert.serialNumber };
}

/** The CN is the terminal's id and nothing else, and its MQTT client id must equal it (connect.ts). */
function signTerminal(
  crypto: webcrypto.Crypto,
  ca: CertifiedKey,
  terminalId: string,
  key: webcrypto.CryptoKey,
) {
  return sign(crypto, ca, terminalId, key, [
    // Client only: a terminal's key can't be used to play the box to other terminals.
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
}

async function sign(
  crypto: webcrypto.Crypto,
  ca: CertifiedKey,
  name: string,
  publicKey: webcrypto.CryptoKey,
  extensions: x509.Extension[],
): Promise<x509.X509Certificate> {
  const issuer = new x509.X509Certificate(ca.cert);
  return x509.X509CertificateGenerator.create(
    {
      subject: commonName(slug(name)),
      issuer: issuer.subjectName,
      serialNumber: freshSerial(crypto),
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      publicKey,
      signingKey: await importSigningKey(crypto, ca.key),
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, crypto),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, crypto),
        ...extensions,
      ],
    },
    crypto,
  );
}

/** 128 random bits, positive and without a leading zero byte (RFC 5280 section 4.1.2.2: at most 20 bytes). */
function freshSerial(crypto: webcrypto.Crypto): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function generateKey(crypto: webcrypto.Crypto): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(KEY_ALGORITHM, true, KEY_USES);
}

async function importSigningKey(crypto: webcrypto.Crypto, key: string): Promise<webcrypto.CryptoKey> {
  try {
    const der = x509.PemConverter.decodeFirst(key);
    return await crypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, false, ['sign']);
  } catch (cause) {
    throw new Fault('bad-ca-key', 'The CA key is no P-256 PKCS #8 PEM; restore the box keystore.', { cause });
  }
}

async function importPublicKey(crypto: webcrypto.Crypto, publicKey: string): Promise<webcrypto.CryptoKey> {
  try {
    const der = x509.PemConverter.decodeFirst(publicKey);
    return await crypto.subtle.importKey('spki', der, KEY_ALGORITHM, true, ['verify']);
  } catch (cause) {
    throw new Fault('bad-public-key', 'Not a P-256 public key in PEM; let the terminal make a new key.', {
      cause,
    });
  }
}

async function certified(
  crypto: webcrypto.Crypto,
  keys: webcrypto.CryptoKeyPair,
  cert: x509.X509Certificate,
): Promise<CertifiedKey> {
  const der = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    key: `${x509.PemConverter.encode(der, x509.PemConverter.PrivateKeyTag)}\n`,
    cert: pem(cert),
    serial: cert.serialNumber,
  };
}

function pem(cert: x509.X509Certificate): string {
  return `${cert.toString('pem')}\n`;
}

function commonName(name: string): x509.JsonName {
  return [{ CN: [name] }];
}

/** Boxes and terminals share one alphabet, and it can't hold a comma, an equals sign or an MQTT wildcard. */
function slug(name: string): string {
  const parsed = TillId.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new Fault('bad-certificate-name', 'Name it with 1 to 32 of a-z, 0-9 and -.', { detail: { name } });
}
