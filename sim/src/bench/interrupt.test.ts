import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');

let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'pulsera-interrupt-'));
  // PostgreSQL runs as somebody else, and passes through.
  chmodSync(temporary, 0o755);
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

/** Whoever has that folder on the command line. */
const inside = () =>
  readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(temporary);
    } catch {
      return false;
    }
  });

it.each([
  ['while its PostgreSQL is made', '*/data/PG_VERSION'],
  ['while it measures', '*/data/postmaster.pid'],
])(
  'Ctrl-C %s leaves neither a process nor a temporary folder',
  async (_, made) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, '--only', 'ingest'],
      {
        detached: true,
        stdio: 'ignore',
        env: { ...process.env, TMPDIR: temporary },
      },
    );
    const ended = once(child, 'exit');
    const soon = { timeout: 30_000, interval: 5 };
    await vi.waitFor(() => expect(globSync(made, { cwd: temporary })).toHaveLength(1), soon);
    // The whole group, as a terminal does.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect((await ended)[0]).toBe(130);
    expect(readdirSync(temporary)).toEqual([]);
    await vi.waitFor(() => expect(inside()).toEqual([]), soon);
  },
  60_000,
);
