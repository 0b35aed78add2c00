/** A demo in a process of its own, as a newcomer starts it, with what it says and what it leaves behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

export const ROOT = join(import.meta.dirname, '../..');
/** As in package.json. */
export const QUIET = '--disable-warning=ExperimentalWarning';

let scratch = '';
let demo: ChildProcess | undefined;

/** For the head of a test file: an empty folder for each test, and no demo outlives its test. */
export function useDemos(): void {
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'pulsera-demo-test-'));
  });
  afterEach(() => {
    if (demo?.exitCode === null && demo.signalCode === null) demo.kill('SIGKILL');
    demo = undefined;
    rmSync(scratch, { recursive: true, force: true });
  });
}

/** In this test's folder. */
export const scratchFile = (name: string) => join(scratch, name);

/** A session of its own, as a terminal gives it: what Ctrl-C reaches is the whole group. */
export function startDemo(...args: string[]) {
  const child = spawn(process.execPath, [QUIET, 'sim/src/demo.ts', ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Whatever it starts inherits this, and is known by it.
    env: { ...process.env, PULSERA_DEMO_TEST: scratch },
  });
  demo = child;
  const said = { out: '', err: '' };
  child.stdout.on('data', piece => {
    said.out += String(piece);
  });
  child.stderr.on('data', piece => {
    said.err += String(piece);
  });
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code);
  return { pid: child.pid ?? 0, said, ended };
}

export const folderOf = (pid: number) => join(ROOT, '.pulsera', `demo-${pid}`);

/** What runs with our mark in its environment, or in the folder of that demo: PostgreSQL overwrites the former. */
export function remainsOf(pid: number): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const isMarked = readFileSync(`/proc/${name}/environ`, 'utf8').includes(scratch);
        const isInside = readlinkSync(`/proc/${name}/cwd`).startsWith(folderOf(pid));
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        // Without a command line it has ended, and waits for its parent to notice.
        return command !== '' && (isMarked || isInside) ? [`${name} ${command}`] : [];
      } catch {
        return [];
      }
    });
}
