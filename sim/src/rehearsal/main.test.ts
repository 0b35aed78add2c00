/** The command itself, in processes of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';

const MAIN = new URL('./main.ts', import.meta.url).pathname;
const COMMAND = ['--disable-warning=ExperimentalWarning', MAIN];

async function sim(...args: string[]) {
  const run = promisify(execFile)(process.execPath, [...COMMAND, ...args], { maxBuffer: 2 ** 26 });
  const failed = (error: { code: number; stdout: string; stderr: string }) => error;
  const { stdout, stderr, ...rest } = await run.catch(failed);
  return { code: 'code' in rest ? rest.code : 0, stdout, stderr };
}

test('plays seeds in several processes, and sums up', async () => {
  const { code, stdout } = await sim('--seeds', '1..3', '--jobs', '2', '--no-shrink');
  expect(stdout).toMatch(/^seeds +3 {2}attack 1, quiet 1, storm 1$/m);
  expect(stdout).toMatch(/^ +charge +\d+ {2}approved \d+/m);
  expect(stdout).toMatch(/^findings +0$/m);
  expect(code).toBe(0);
});

test('plays part of a night, the same each time, and says all of it when asked to', async () => {
  const part = [
    '--seed',
    '1',
    '--profile',
    'storm',
    '--strikes',
    'none',
    '--guests',
    '0,3',
    '--until',
    '60000',
  ];
  const [first, second, traced] = await Promise.all([
    sim(...part, '--json'),
    sim(...part, '--json'),
    sim(...part, '--trace'),
  ]);
  expect(first.stdout).toBe(second.stdout);
  const { lines, strikes } = JSON.parse(first.stdout) as { lines: number; strikes: object };
  expect(strikes).toEqual({});
  expect(traced.stdout.trim().split('\n')).toHaveLength(lines);
});

test('what it can not be asked for is refused with its help', async () => {
  const { code, stderr } = await sim('--seeds', '3');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^--seeds: A\.\.B\n\nnpm run sim -- OPTIONS\n/);
  const { stdout } = await sim('--help');
  expect(stderr).toContain(stdout);
});

test('Ctrl-C ends it at once, and leaves no process behind', async () => {
  const child = spawn(process.execPath, [...COMMAND, '--seeds', '1..100000', '--json'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  const group = -(child.pid ?? 0);
  // The whole group, as a terminal does.
  process.kill(group, 'SIGINT');
  child.stdout.resume();
  expect((await ended)[0]).toBe(130);
  await vi.waitFor(() => expect(() => process.kill(group, 0)).toThrow('ESRCH'), { timeout: 10_000 });
});
