/**
 * PostgreSQL refuses to run as root. Started by root (in a container, say) it runs as the machine's `postgres` if
 * there is one, else as `nobody`: no user is added to anybody's machine.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault } from '@pulsera/firmware-protocol/fault';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account to run the server as; undefined for "as ourselves". */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.match(new RegExp(`^${name}:.*$`, 'm'))?.[0].split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Fault('database-account-missing', 'Run as a user other than root, or set DATABASE_URL.');
}

/**
 * Every folder above must let that account through, or initdb fails with a message that names none of them.
 * @throws Fault `folder-not-reachable` naming the first closed folder
 */
export function assertReachable(folder: string, account: Account | undefined): void {
  if (!account) return;
  for (let at = resolve(folder); ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new Fault(
        'folder-not-reachable',
        `PostgreSQL can't run as root, and the account it runs as can't pass ${at}: ` +
          `chmod o+x ${at}, put the project elsewhere, run as another user, or set DATABASE_URL.`,
        { detail: { folder: at, uid: account.uid } },
      );
    }
    if (at === dirname(at)) return;
  }
}
