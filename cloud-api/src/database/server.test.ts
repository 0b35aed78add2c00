/** Real servers, started and killed. Each test has a folder of its own, and looks for its own processes only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, startServer, stopOrphan } from './server.ts';
import { firstClosed } from './server-account.ts';

const START = fileURLToPath(new URL('../../test/start-server.ts', import.meta.url));
const binFolder = process.env.PULSERA_TEST_PG_BIN;
const binaries = binFolder === undefined ? {} : { binFolder };

let folder: string;
let starter: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsera-server-'));
  chmodSync(folder, 0o755);
});
afterEach(async () => {
  starter?.kill('SIGKILL');
  await gone(starter?.pid ?? 0);
  starter = undefined;
  await stopOrphan(folder);
  rmSync(folder, { recursive: true, force: true });
});

test('what was written is there after a stop and a start, and a stop leaves no process', async () => {
  const first = await startServer({ folder, newPassword: 'first', ...binaries });
  await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
  const pid = postmaster();
  await first.stop();
  expect(isAlive(pid)).toBe(false);

  const second = await startServer({ folder, newPassword: 'never used', ...binaries });
  expect((await query(second.url, 'SELECT n FROM kept')).rows).toEqual([{ n: 7 }]);
  await second.stop();
});

test('a stop doesn’t wait for clients that stay', async () => {
  const server = await startServer({ folder, newPassword: 'x', ...binaries });
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  await server.stop();
  expect(isAlive(postmaster())).toBe(false);
});

test('when whoever started it is killed, the server stops by itself', async () => {
  await startElsewhere();
  const pid = postmaster();
  expect(isAlive(pid)).toBe(true);
  starter?.kill('SIGKILL');
  await gone(pid);
});

test('a server whose starter and watcher were both killed is stopped at the next start', async () => {
  await startElsewhere();
  const orphan = postmaster();
  for (const watcher of watchers()) process.kill(watcher, 'SIGKILL');
  starter?.kill('SIGKILL');
  await gone(starter?.pid ?? 0);
  await sleep(200);
  expect(isAlive(orphan)).toBe(true);

  const server = await startServer({ folder, newPassword: 'x', ...binaries });
  expect(isAlive(orphan)).toBe(false);
  expect((await query(server.url, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await server.stop();
});

test('a folder that a living process works on is left alone', async () => {
  const url = await startElsewhere();
  await expect(startServer({ folder, newPassword: 'x', ...binaries })).rejects.toMatchObject({
    code: 'database-in-use',
    detail: { pid: starter?.pid },
  });
  expect((await query(url, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('a server that can’t start says why', async () => {
  const settings = { shared_buffers: 'plenty' };
  await expect(startServer({ folder, newPassword: 'x', settings, ...binaries })).rejects.toMatchObject({
    code: 'database-start-failed',
    detail: { log: expect.stringContaining('shared_buffers') },
  });
});

test('the first folder that an account can’t pass is found', () => {
  const closed = join(folder, 'closed');
  mkdirSync(join(closed, 'inner'), { recursive: true });
  chmodSync(closed, 0o700);
  const stranger = { uid: 64_000, gid: 64_000 };
  expect(firstClosed(join(closed, 'inner'), stranger)).toBe(closed);
  chmodSync(closed, 0o711);
  expect(firstClosed(join(closed, 'inner'), stranger)).toBeUndefined();
});

test('a server starts in a folder that only we can pass, as in root’s own home', async () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o700);
  const server = await startServer({ folder: join(closed, 'state'), newPassword: 'x', ...binaries });
  expect((await query(server.url, 'CREATE TABLE t AS SELECT 1 AS one')).command).toBe('SELECT');
  await server.stop();
});

async function startElsewhere(): Promise<string> {
  const child = spawn(process.execPath, [START, folder, binFolder ?? ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  starter = child;
  return new Promise((done, failed) => {
    child.stdout.once('data', data => done(String(data).trim()));
    child.once('exit', code => failed(new Error(`the starter ended with ${code}`)));
  });
}

function postmaster(): number {
  return Number(/^\d+/.exec(lastPid())?.[0]);
}

let seenPid = '';
/** postmaster.pid goes when the server goes; the number is still wanted then. */
function lastPid(): string {
  try {
    seenPid = readFileSync(join(folder, 'data/postmaster.pid'), 'utf8');
  } catch {
    // gone with its server
  }
  return seenPid;
}

/** The shells that wait for this folder's starter: their command line ends with our data folder's settings. */
function watchers(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[0] === '/bin/sh' && words.includes(join(folder, 'data'));
      } catch {
        return false;
      }
    });
}

async function gone(pid: number): Promise<void> {
  while (pid > 0 && isAlive(pid)) await sleep(20);
}

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
