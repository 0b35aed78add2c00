import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildDiskShim, hasCompiler } from './disk-shim.ts';
import { cutPower } from './power-cut.ts';

let folder: string;
let dir: string;
beforeEach(context => {
  if (!hasCompiler()) {
    console.warn('NOT TESTED: power cuts need Linux and a C compiler (cc).');
    expect(process.env.CI, 'in CI this must be tested: install a compiler').toBeUndefined();
    context.skip();
  }
  folder = mkdtempSync(join(tmpdir(), 'pulsera-power-cut-'));
  dir = join(folder, 'data');
  mkdirSync(dir);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TWINS = 24;
const SEEDS = 2;

/**
 * Runs the text in so many folders of one process, which then dies; and the power goes.
 * @returns what there is to be seen in any of them
 */
function seen<T>(script: string, look: (folder: string) => T): Set<T> {
  const found = new Set<T>();
  const names = Array.from({ length: TWINS }, (_, i) => join(dir, `twin-${i}`));
  const shim = buildDiskShim(folder, dir);
  const env = { ...process.env, ...shim.env };
  for (let seed = 0; seed < SEEDS; seed++) {
    for (const name of names) {
      rmSync(name, { recursive: true, force: true });
      mkdirSync(name);
      for (const file of ['old', 'other']) writeFileSync(join(name, file), `${file} content`);
    }
    const text = `const fs = require('node:fs');
      for (const name of ${JSON.stringify(names)}) { process.chdir(name); ${script} }
      process.kill(process.pid, 'SIGKILL')`;
    const { signal, stderr } = spawnSync(process.execPath, ['-e', text], { env, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(signal).toBe('SIGKILL');
    cutPower(dir, shim, seededRandom(seed));
    for (const name of names) found.add(look(name));
  }
  return found;
}

const read = (file: string) => (name: string) =>
  existsSync(join(name, file)) ? readFileSync(join(name, file), 'utf8') : null;

test('what was synced stays, and what came after it is there or not', () => {
  const script = `const f = fs.openSync('old', 'r+'); fs.writeSync(f, 'OLD', 0); fs.fsyncSync(f); fs.writeSync(f, 'CONTENT', 4);`;
  expect(seen(script, read('old'))).toEqual(new Set(['OLD content', 'OLD CONTENT']));
});

test('a file that grew is as long as it was, or longer', () => {
  const script = `const f = fs.openSync('old', 'a'); fs.writeSync(f, ' and more');`;
  const lengths = seen(script, name => read('old')(name)?.length);
  expect([...lengths].toSorted()).toEqual([11, 20]);
});

test('a file that was shortened may have its end back, or its length and nothing there', () => {
  const emptied = 'old'.padEnd(11, '\0');
  const found = seen(`fs.truncateSync('old', 3);`, read('old'));
  expect(found).toEqual(new Set(['old content', 'old', ...(found.has(emptied) ? [emptied] : [])]));
});

const NEW = `const f = fs.openSync('new', 'w'); fs.writeSync(f, 'new'); fs.fsyncSync(f);`;

test('a new name is safe when its folder was synced', () => {
  expect(seen(NEW, read('new'))).toEqual(new Set([null, 'new']));
  expect(seen(`${NEW} fs.fsyncSync(fs.openSync('.', 'r'));`, read('new'))).toEqual(new Set(['new']));
});

test('a file replaced by renaming is the old one or the new one', () => {
  expect(seen(`${NEW} fs.renameSync('new', 'old');`, read('old'))).toEqual(new Set(['old content', 'new']));
});

test('a file that was removed may be back', () => {
  expect(seen(`fs.unlinkSync('other');`, read('other'))).toEqual(new Set(['other content', null]));
});
