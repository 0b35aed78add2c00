/**
 * Who is shut out although the certificate is genuine. By serial: one certificate, when a tablet is lost and its
 * till gets a new one. By terminal: the till as such, whatever certificate comes in its name.
 * Certificates never expire here (ca.ts), so this list is the only way to end one; it is small and kept whole.
 */
export type Revocation = { readonly terminalId: string } | { readonly serial: string };

/** Who stands behind a verified client certificate. */
export interface Identity {
  readonly terminalId: string;
  /** Lower-case hex. */
  readonly serial: string;
}

export function revokes(revocation: Revocation, identity: Identity): boolean {
  return 'serial' in revocation
    ? sameSerial(revocation.serial, identity.serial)
    : revocation.terminalId === identity.terminalId;
}

export function isRevoked(list: readonly Revocation[], identity: Identity): boolean {
  return list.some(revocation => revokes(revocation, identity));
}

/** Tools print serials in either case, with colons and with leading zeros; they all mean one number. */
function sameSerial(left: string, right: string): boolean {
  return plain(left) === plain(right);
}

function plain(serial: string): string {
  return serial.toLowerCase().replaceAll(':', '').replace(/^0+/, '');
}
