/** Everything secret that a box starts with, out of its vault: who it is, what it was enrolled for, its authority. */
import { hash, type webcrypto } from 'node:crypto';
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import type { CertifiedKey } from './broker/ca.ts';
import { loadCertificate, saveCertificate } from './identity/certificates.ts';
import { type Enrolment, loadEnrolment } from './identity/enrolment.ts';
import { type Identity, loadIdentity, verifierOf } from './identity/identity.ts';
import { openVault, type Random, type Vault } from './identity/vault.ts';

/** 8 MB of X.509 and ASN.1 that a box needs once in its life: loaded when there is a certificate to make. */
const certificates = () => import('./broker/ca.ts');

export const sha256: Sha256 = bytes => hash('sha256', bytes, 'buffer');

export interface Credentials {
  readonly vault: Vault;
  readonly identity: Identity;
  readonly enrolment: Enrolment;
  readonly cloudVerify: Verify;
}

/** @throws Fault `vault-missing`, `vault-damaged`, `passphrase-needed`, `passphrase-wrong`, `identity-missing`, `not-enrolled` */
export function openCredentials(folder: string, passphrase: string | null, random: Random): Credentials {
  const vault = openVault(folder, passphrase, random);
  const identity = loadIdentity(vault);
  const enrolment = loadEnrolment(vault);
  return { vault, identity, enrolment, cloudVerify: verifierOf(fromHex(enrolment.cloudPublicKey)) };
}

/** The name in the broker's certificate, whatever address the box has: tills ask for it. */
export function boxName({ boxId }: Pick<Enrolment, 'boxId'>): string {
  return `box-${boxId}`;
}

export interface Authority {
  readonly ca: CertifiedKey;
  readonly broker: CertifiedKey;
}

/** The box's own authority and its broker's certificate: made once, kept in the vault. */
export async function authorityOf(
  { vault, enrolment }: Pick<Credentials, 'vault' | 'enrolment'>,
  crypto: webcrypto.Crypto,
): Promise<Authority> {
  const name = boxName(enrolment);
  let ca = loadCertificate(vault, 'ca');
  if (ca === undefined) {
    ca = await (await certificates()).createCa(crypto, name);
    saveCertificate(vault, 'ca', ca);
  }
  let broker = loadCertificate(vault, 'broker');
  if (broker === undefined) {
    const { issueServerCertificate } = await certificates();
    broker = await issueServerCertificate(crypto, ca, name, ['localhost', '127.0.0.1', '::1']);
    saveCertificate(vault, 'broker', broker);
  }
  return { ca, broker };
}

/** What a terminal needs to speak to its box. */
export interface TerminalAccess {
  readonly till: string;
  /** The TLS server name to ask for, and to check. */
  readonly serverName: string;
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
}

/** @throws Fault `bad-certificate-name` */
export async function issueTerminal(
  ca: CertifiedKey,
  enrolment: Pick<Enrolment, 'boxId'>,
  till: string,
  crypto: webcrypto.Crypto,
): Promise<TerminalAccess> {
  const { issueTerminalCertificate } = await certificates();
  const issued = await issueTerminalCertificate(crypto, ca, till);
  return { till, serverName: boxName(enrolment), ca: ca.cert, ...issued };
}
