/** Runs one step in a copy of the tree, in a process group of its own that ends with it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { named, type Step } from './step.ts';
import { type Ended, seedVerdict, type Verdict, verdictOf } from './verdict.ts';

export interface Conditions {
  /** Milliseconds; then it hangs. */
  readonly limitMs: number;
  /** Test files at a time. */
  readonly workers: number;
  readonly signal: AbortSignal;
}

export interface Ran {
  readonly verdict: Verdict;
  readonly ms: number;
}

const REPORT = '.vitest-report.json';
const SEEDS = '1..40';
const OUTPUT_KEPT = 20_000;

export async function runStep(root: string, step: Step, conditions: Conditions): Promise<Ran> {
  const startedMs = performance.now();
  const verdict =
    step.kind === 'tests' ? await tests(root, step, conditions) : await seeds(root, step, conditions);
  return { verdict, ms: performance.now() - startedMs };
}

async function tests(
  root: string,
  step: Extract<Step, { kind: 'tests' }>,
  conditions: Conditions,
): Promise<Verdict> {
  const report = join(root, REPORT);
  rmSync(report, { force: true });
  const ended = await run(
    root,
    [
      'node_modules/vitest/vitest.mjs',
      step.which === 'related' ? 'related' : 'run',
      '--run',
      `--root=${step.workspace}`,
      '--bail=1',
      '--passWithNoTests',
      '--reporter=json',
      `--outputFile=${report}`,
      `--maxWorkers=${conditions.workers}`,
      '--no-color',
      ...step.files.map(file => join(root, file)),
    ],
    conditions,
  );
  const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
  return verdictOf(ended, text, root, named(step));
}

async function seeds(
  root: string,
  { profile }: Extract<Step, { kind: 'seeds' }>,
  conditions: Conditions,
): Promise<Verdict> {
  const command = ['--disable-warning=ExperimentalWarning', 'sim/src/rehearsal/main.ts'];
  const ended = await run(
    root,
    [...command, '--seeds', SEEDS, '--profile', profile, '--no-shrink'],
    conditions,
  );
  return seedVerdict(ended, profile);
}

function run(root: string, args: readonly string[], { limitMs, signal }: Conditions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // Its own group: what a test starts is in it, and has to go with it.
    const child = spawn(process.execPath, [...args], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const heard = (text: Buffer) => {
      output = `${output}${text}`.slice(-OUTPUT_KEPT);
    };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    let isLate = false;
    const end = () => endGroup(child.pid);
    const deadline = setTimeout(() => {
      isLate = true;
      end();
    }, limitMs);
    signal.addEventListener('abort', end, { once: true });
    child.once('error', reject);
    child.once('close', code => {
      clearTimeout(deadline);
      signal.removeEventListener('abort', end);
      end();
      if (signal.aborted) reject(signal.reason);
      else resolve({ code: isLate ? null : (code ?? 1), output });
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended already.
  }
}
