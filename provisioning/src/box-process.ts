/**
 * Runs a command of the box in a process of its own and hands on what it tells, line by line. The box's folder holds private keys, and
 * only its own program opens it: this one renders.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { CommandLine } from '@pulsera/firmware-protocol/wire/box-command';
import type { Environment } from './arguments.ts';

const BOX_PROGRAM = fileURLToPath(new URL('../../edge-node/src/edge.js', import.meta.url));

interface BoxIo {
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** `inherit`: it reads what is typed to us. */
  readonly stdin?: 'ignore' | 'inherit';
}

/**
 * @returns whether it ended well. @throws Fault the command's own by its code; `box-command-broken`
 */
export async function runBox(
  args: readonly string[],
  { env, signal, stdin = 'ignore' }: BoxIo,
  told: (line: CommandLine) => void,
): Promise<boolean> {
  const child = spawn(process.execPath, [BOX_PROGRAM, ...args, '--json'], {
    env,
    stdio: [stdin, 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { failed, code } = await follow(child, told);
    if (failed !== undefined) throw failed;
    return code === 0;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** With an IPC channel, for `encode`. */
export function forkBox(args: readonly string[], env: Environment): ChildProcess {
  return fork(BOX_PROGRAM, [...args, '--json'], {
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** Until the process has ended and everything it said is read. */
export async function follow(
  child: ChildProcess,
  told: (line: CommandLine) => void,
): Promise<{ readonly failed: Fault | undefined; readonly code: number | null }> {
  let failed: Fault | undefined;
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = `${complaints}${chunk}`.slice(-2_000);
  });
  const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
  lines?.on('line', text => {
    const line = read(text);
    if (line === undefined) complaints += `${text}\n`;
    else if (line.kind === 'failed') failed = new Fault(line.code, line.message, { detail: line.detail });
    else told(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (failed === undefined && code !== 0 && complaints !== '') failed = broken(complaints);
  return { failed, code };
}

function read(text: string): CommandLine | undefined {
  try {
    return CommandLine.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function broken(complaints: string): Fault {
  const said =
    complaints
      .trim()
      .split('\n')
      .find(line => /error|[a-z]+-[a-z]+:/i.test(line)) ?? complaints.trim().split('\n')[0];
  return new Fault(
    'box-command-broken',
    `Run npm ci and try again: the box's own program failed (${said?.trim()}).`,
  );
}
