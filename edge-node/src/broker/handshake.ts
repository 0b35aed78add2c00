import type { TLSSocket } from 'node:tls';
import { TillId } from '@pulsera/firmware-protocol/ids';
import type { Identity } from './revocation.ts';

/** Why a TLS handshake failed, in words that help whoever stands before a till that doesn't connect. */
export type HandshakeRefusal =
  | 'plaintext'
  | 'no-certificate'
  | 'foreign-certificate'
  | 'old-tls'
  | 'tls-failed';

/** OpenSSL's reasons, as Node names them. */
const REASONS: Readonly<Record<string, HandshakeRefusal>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'plaintext',
  ERR_SSL_HTTP_REQUEST: 'plaintext',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'plaintext',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'no-certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'old-tls',
};

/**
 * `authorizationError` is set when the certificate itself was refused. A bare hang-up is undefined: either the peer
 * left, or we cut it and said so where that was decided.
 */
export function handshakeRefusal(
  code: string | undefined,
  authorizationError: unknown,
): HandshakeRefusal | undefined {
  if (authorizationError !== null && authorizationError !== undefined) return 'foreign-certificate';
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return REASONS[code ?? ''] ?? 'tls-failed';
}

/** Who the verified certificate names; undefined when its subject is anything but one CN with a terminal's id. */
export function identityOf(socket: TLSSocket): Identity | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || certificate === undefined) return undefined;
  const subject = /^CN=(.*)$/.exec(certificate.subject);
  const terminalId = TillId.safeParse(subject?.[1]);
  return terminalId.success
    ? { terminalId: terminalId.data, serial: certificate.serialNumber.toLowerCase() }
    : undefined;
}
