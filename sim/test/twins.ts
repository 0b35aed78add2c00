/** One program in many folders at once, which dies, and then the power goes: what is to be seen in any of them is what a disk may hold. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { afterEach, beforeEach, expect } from 'vitest';
import { buildDiskShim, hasCompiler } from '../src/crash/disk-shim.ts';
import { cutPower } from '../src/crash/power-cut.ts';

const TWINS = 24;
const SEEDS = 2;

/**
 * To be called where hooks may be. Skips, aloud, what needs a compiler where there is none.
 * @returns runs the text of a module in each twin, whose folder it finds itself in, with `old` and `other` in it. It may use `fs`.
 */
export function twins(): <T>(script: string, look: (folder: string) => T, imports?: string) => Set<T> {
  let folder: string;
  beforeEach(context => {
    if (!hasCompiler()) {
      console.warn('NOT TESTED: power cuts need Linux and a C compiler (cc).');
      expect(process.env.CI, 'in CI this must be tested: install a compiler').toBeUndefined();
      context.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'pulsera-power-cut-'));
    mkdirSync(join(folder, 'data'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  return (script, look, imports = '') => {
    const dir = join(folder, 'data');
    const found = new Set<ReturnType<typeof look>>();
    const names = Array.from({ length: TWINS }, (_, i) => join(dir, `twin-${i}`));
    const shim = buildDiskShim(folder, dir);
    const env = { ...process.env, ...shim.env };
    const text = `import fs from 'node:fs'; ${imports}
      for (const name of ${JSON.stringify(names)}) { process.chdir(name); ${script} }
      process.kill(process.pid, 'SIGKILL')`;
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', text];
    for (let seed = 0; seed < SEEDS; seed++) {
      for (const name of names) {
        rmSync(name, { recursive: true, force: true });
        mkdirSync(name);
        for (const file of ['old', 'other']) writeFileSync(join(name, file), `${file} content`);
      }
      // From here, where imports lead to the workspaces.
      const options = { env, encoding: 'utf8', cwd: import.meta.dirname } as const;
      const { signal, stderr } = spawnSync(process.execPath, args, options);
      expect(stderr).toBe('');
      expect(signal).toBe('SIGKILL');
      cutPower(dir, shim, seededRandom(seed));
      for (const name of names) found.add(look(name));
    }
    return found;
  };
}
