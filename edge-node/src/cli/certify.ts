/**
 * Certificates for terminals, from the box's own authority into a folder that is carried to the till. Each is on record before it leaves
 * the box, so that none is ever out there that can't be revoked.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { TillId } from '@pulsera/firmware-protocol/ids';
import type { CommandLine, Terminal } from '@pulsera/firmware-protocol/wire/box-command';
import { boxFiles } from '../box-files.ts';
import { type CertifiedKey, certifyTerminal, issueTerminalCertificate } from '../broker/ca.ts';
import { isRevoked, type Revocation } from '../broker/revocation.ts';
import { authorityOf, boxName, type Credentials } from '../credentials.ts';
import { writeAtomically } from '../identity/atomic-file.ts';
import { addRevocation, readRevocations } from '../revocations.ts';
import { addTerminal, readTerminals } from '../terminals.ts';
import { heldPlan } from './enrol.ts';
import type { CliPorts } from './ports.ts';

export interface CertifyRequest {
  readonly terminal: string;
  /** Made if it isn't there. Gets ca.pem, cert.pem and, unless the till made its own, key.pem. */
  readonly folder: string;
  /** SubjectPublicKeyInfo as PEM, of a P-256 key that the till made and keeps. */
  readonly publicKey?: string;
  /** Revokes what the terminal had before: its tablet was lost, or is sold. */
  readonly replace?: boolean;
}

export type Certified = Omit<Extract<CommandLine, { kind: 'certified' }>, 'kind'>;

/** @throws Fault `bad-certificate-name`, `terminal-certified`, `certificate-folder-taken`, `bad-public-key` */
export async function certify(
  dataDir: string,
  credentials: Credentials,
  { terminal: name, folder: given, publicKey, replace = false }: CertifyRequest,
  ports: CliPorts,
): Promise<Certified> {
  const terminal = terminalId(name);
  const files = boxFiles(dataDir);
  const before = terminals(dataDir).filter(each => each.terminal === terminal && !each.isRevoked);
  if (before.length > 0 && !replace) {
    throw new Fault(
      'terminal-certified',
      `${terminal} has a certificate. Add --replace to make another and shut the one it has out.`,
      { detail: { terminal, serial: before.at(-1)?.serial ?? null } },
    );
  }
  const folder = resolve(given);
  const names = ['ca.pem', 'cert.pem', ...(publicKey === undefined ? ['key.pem'] : [])];
  const taken = names.find(each => existsSync(join(folder, each)));
  if (taken !== undefined) {
    throw new Fault('certificate-folder-taken', `Give an empty folder: there is a ${taken} in ${folder}.`);
  }
  const { ca } = await authorityOf(credentials, ports.crypto);
  const issued = await certificateFor(terminal, ca, publicKey, ports);
  const issuedAtMs = ports.clock.wallMs();
  addTerminal(files.terminals, { terminal, serial: issued.serial, issuedAtMs });
  for (const { serial } of before) addRevocation(files.revoked, { serial });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const content: Readonly<Record<string, string>> = {
    'ca.pem': ca.cert,
    'cert.pem': issued.cert,
    ...(issued.key === undefined ? {} : { 'key.pem': issued.key }),
  };
  for (const [file, pem] of Object.entries(content)) writeAtomically(join(folder, file), Buffer.from(pem));
  return {
    terminal: { terminal, serial: issued.serial, issuedAtMs, isRevoked: false },
    folder,
    files: names,
    serverName: boxName(credentials.enrolment),
    warning: unknownTill(dataDir, credentials, terminal),
  };
}

/** A key of the till's own never comes here; one made here goes into its folder and is not kept. */
async function certificateFor(
  terminal: TillId,
  ca: CertifiedKey,
  publicKey: string | undefined,
  { crypto }: CliPorts,
): Promise<{ readonly cert: string; readonly serial: string; readonly key?: string }> {
  return publicKey === undefined
    ? await issueTerminalCertificate(crypto, ca, terminal)
    : await certifyTerminal(crypto, ca, terminal, publicKey);
}

export function terminals(dataDir: string): Terminal[] {
  const files = boxFiles(dataDir);
  const revoked = readRevocations(files.revoked);
  return readTerminals(files.terminals).map(issued => ({
    ...issued,
    isRevoked: isRevoked(revoked, { terminalId: issued.terminal, serial: issued.serial }),
  }));
}

/**
 * Shuts certificates out, one by its serial or all that a terminal has. A running box sees it within seconds.
 * @returns those that are shut out by it. @throws Fault `terminal-unknown` when it gave no such certificate
 */
export function revoke(dataDir: string, which: string): Terminal[] {
  const { revoked } = boxFiles(dataDir);
  const plain = which.toLowerCase().replaceAll(':', '');
  const all = terminals(dataDir).filter(({ terminal, serial }) => terminal === which || serial === plain);
  if (all.length === 0) {
    throw new Fault(
      'terminal-unknown',
      `Give a terminal or a serial from the list: this box has certified no ${which}.`,
    );
  }
  const open = all.filter(({ isRevoked: isOut }) => !isOut);
  // By serial, so that the till itself can be certified anew.
  for (const { serial } of open) addRevocation(revoked, { serial } satisfies Revocation);
  return all.map(each => ({ ...each, isRevoked: true }));
}

function terminalId(name: string): TillId {
  const parsed = TillId.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new Fault('bad-certificate-name', 'Name it with 1 to 32 of a-z, 0-9 and -.', { detail: { name } });
}

/** A till that the plan doesn't know connects, and may sell nothing: better said now than at the bar. */
function unknownTill(dataDir: string, credentials: Credentials, terminal: TillId): string | null {
  const plan = heldPlan({ dataDir }, credentials);
  if (plan === undefined) return 'There is no plan yet, so nobody can say whether that till is in it.';
  if (plan.tills.some(({ id }) => id === terminal)) return null;
  return `Plan ${plan.version} has no till ${terminal}: it will connect, and sell nothing until a plan names it.`;
}
