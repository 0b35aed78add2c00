/** The box's own certificate authority and its broker's certificate, kept in the vault. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { z } from 'zod';
import type { Vault } from './vault.ts';

const CertifiedKey = z.strictObject({
  /** PKCS #8, PEM. */
  key: z.string(),
  /** X.509, PEM. */
  cert: z.string(),
  serial: z.string(),
});
export type StoredCertificate = z.infer<typeof CertifiedKey>;

/** `ca`: signs terminals and the broker. `broker`: what the broker shows to terminals. */
export type CertificateName = 'ca' | 'broker';

export function saveCertificate(vault: Vault, name: CertificateName, certified: StoredCertificate): void {
  vault.write(`certificate-${name}`, Buffer.from(JSON.stringify(CertifiedKey.parse(certified))));
}

/** @throws Fault `vault-damaged` */
export function loadCertificate(vault: Vault, name: CertificateName): StoredCertificate | undefined {
  const secret = vault.read(`certificate-${name}`);
  if (secret === undefined) return undefined;
  try {
    return CertifiedKey.parse(JSON.parse(Buffer.from(secret).toString('utf8')));
  } catch (cause) {
    throw new Fault('vault-damaged', `Make the ${name} certificate anew: the kept one can not be read.`, {
      cause,
    });
  }
}
