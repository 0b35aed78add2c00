/**
 * PostgreSQL refuses to run as root. Started by root (in a container, say) it runs as the machine's `postgres` if
 * there is one, else as `nobody`: no user is added to anybody's machine.
 *
 * That account must be able to pass every folder above the data and the binaries, which in root's own home it can't.
 * Then it is given the one capability to pass them (by `setpriv`, part of util-linux), and still owns only its data.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';

export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** A Linux capability (capabilities(7)) to run with, as setpriv spells it. */
  readonly capability?: 'dac_read_search' | 'dac_override';
}

/**
 * The account to run the server as; undefined for "as ourselves".
 * @param folders that it has to reach
 * @throws Fault `folder-not-reachable` naming the first closed folder, where no capability can be given either
 */
export function serverAccount(folders: readonly string[]): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = lookUp();
  const closed = folders.map(folder => firstClosed(folder, account)).find(folder => folder !== undefined);
  if (closed === undefined) return account;
  const capability = passingCapability();
  if (capability !== undefined) return { ...account, capability };
  throw new Fault(
    'folder-not-reachable',
    `PostgreSQL can't run as root, and the account it runs as can't pass ${closed}: ` +
      `chmod o+x ${closed}, put the project elsewhere, run as another user, or set DATABASE_URL.`,
    { detail: { folder: closed, uid: account.uid } },
  );
}

/** Starts a program as that account. */
export function spawnAs(
  account: Account | undefined,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  if (!account) return spawn(command, args, options);
  const { uid, gid, capability } = account;
  if (capability === undefined) return spawn(command, args, { ...options, uid, gid });
  const only = `-all,+${capability}`;
  return spawn(
    'setpriv',
    [
      '--reuid',
      `${uid}`,
      '--regid',
      `${gid}`,
      '--clear-groups',
      // Else access(2), by which PostgreSQL looks for its own programs, leaves capabilities out of account.
      '--securebits',
      '+no_setuid_fixup',
      '--inh-caps',
      only,
      '--ambient-caps',
      only,
      command,
      ...args,
    ],
    options,
  );
}

/** The lowest folder on the way up that the account can't pass. */
export function firstClosed(folder: string, account: Account): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return at;
    if (at === dirname(at)) return undefined;
  }
}

function lookUp(): Account {
  const accounts = readFileSync('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.match(new RegExp(`^${name}:.*$`, 'm'))?.[0].split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Fault('database-account-missing', 'Run as a user other than root, or set DATABASE_URL.');
}

/** The lesser capability that we have ourselves: a container usually has only the second. */
function passingCapability(): Account['capability'] {
  if (!isInPath('setpriv')) return undefined;
  const held = Number.parseInt(/^CapEff:\s*([0-9a-f]+)$/m.exec(ownStatus())?.[1]?.slice(-2) ?? '0', 16);
  // Bits 2 and 1 of the set (linux/capability.h).
  if ((held & 0b100) !== 0) return 'dac_read_search';
  return (held & 0b010) !== 0 ? 'dac_override' : undefined;
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

function isInPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
