import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Every package that a file and the files it imports load before its first line runs. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const packages = new Set<string>();
  const { resolve } = createRequire(file);
  for (const [, clause = '', from = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (clause.startsWith('type ') || from.startsWith('node:')) continue;
    const isOurs = from.startsWith('.') || from.startsWith('@pulsera/');
    if (!isOurs) packages.add(from);
    else for (const name of packagesOf(resolve(from), seen)) packages.add(name);
  }
  return packages;
}
/** `import … from 'x'`, `export … from 'x'`, `import 'x'`; a call of `import()` is none. */
const IMPORT = /^(?:import|export) (?:([^;'"]*?) from )?'([^']+)';/gm;

const packages = (path: string) => packagesOf(new URL(path, import.meta.url).pathname);

test('a box that sells keeps nothing in memory that only makes certificates or tries connections', () => {
  const loaded = packages('./cli/start.ts');
  expect(loaded).toContain('aedes');
  expect(loaded).toContain('better-sqlite3');
  for (const name of ['@peculiar/x509', 'reflect-metadata', 'mqtt', 'nfc-pcsc'])
    expect(loaded).not.toContain(name);
});

test('nothing is loaded before the command is known', () => {
  expect([...packages('./edge.js')]).toEqual([]);
  expect([...packages('./main.ts')].filter(name => name !== 'zod')).toEqual([]);
});

test('from the second start on nothing is in memory that strips types', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pulsera-cache-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = { ...process.env, NODE_COMPILE_CACHE: folder };
  const program = new URL('./edge.js', import.meta.url).pathname;
  // Says at the end whether Node has loaded amaro, its compiler.
  const asks = `process.on('exit', () => console.error(process.moduleLoadList.some(name => name.includes('amaro'))))`;
  const start = () =>
    spawnSync(process.execPath, [`--import=data:text/javascript,${asks}`, program, 'start', '--help'], {
      env,
      encoding: 'utf8',
    });
  expect(start().stderr.trimEnd().endsWith('true')).toBe(true);
  const second = start();
  expect(second.stdout).toContain('npm run edge -- start');
  expect(second.stderr.trimEnd().endsWith('false')).toBe(true);
});
