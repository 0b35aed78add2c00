/** Why there was no connection, in words that a technician can act on: every program of ours that dials the cloud says it the same way. */
import { Fault } from '../fault.ts';

/** By the code that Node or OpenSSL gave. */
const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at that address and port',
  ENOTFOUND: 'there is no such name: check the address, and the name server of this network',
  EAI_AGAIN: 'the name server does not answer: check the network cable',
  ENETUNREACH: 'there is no way into that network: check the network cable',
  EHOSTUNREACH: 'there is no way to that machine: check the network cable',
  ETIMEDOUT: 'nothing came back in time: check the network and its firewall',
  UND_ERR_CONNECT_TIMEOUT: 'nothing came back in time: check the network and its firewall',
  ECONNRESET: 'the connection was cut: a firewall or proxy may stand in between',
  EPROTO: 'it does not speak TLS: is this http and not https, or another port?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: is this http and not https, or another port?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: use the name that is in it',
  CERT_HAS_EXPIRED: "its certificate has expired, or this machine's clock is wrong",
  CERT_NOT_YET_VALID: "this machine's clock is behind: set it",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed: give the CA as a PEM file (cloud.caFile, --cloud-ca)',
  SELF_SIGNED_CERT_IN_CHAIN: "its CA isn't known here: give it as a PEM file (cloud.caFile, --cloud-ca)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its CA isn't known here: give it as a PEM file (cloud.caFile, --cloud-ca)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "its CA isn't known here: give it as a PEM file (cloud.caFile, --cloud-ca)",
};

/** From an error of Node's sockets, TLS or undici, whatever it is wrapped in. */
export function reasonOf(error: unknown): string {
  const codes = codesOf(error);
  const known = codes.map(code => WHY[code]).find(why => why !== undefined);
  return known ?? codes.at(-1) ?? 'nothing came back in time: check the network and its firewall';
}

/** Codes along the chain of causes, those of several tried addresses included. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own =
    'code' in error && typeof error.code === 'string' && !(error instanceof Fault) ? [error.code] : [];
  const tried = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [...own, ...tried, ...codesOf(error.cause)];
}
