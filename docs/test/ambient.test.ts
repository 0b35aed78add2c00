import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ambient, isSimulated } from './ambient.ts';
import { isTest } from './rooms.ts';

const ROOT = join(import.meta.dirname, '../..');

test('what a simulation runs takes time, timers and chance from whoever runs it', () => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const paths = listed.split('\n').filter(path => isSimulated(path) && !isTest(path));
  expect(paths.length).toBeGreaterThan(100);
  const found = paths.flatMap(path => ambient({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
  expect(found).toEqual([]);
});

test.each([
  ['setTimeout(done, 5)', 'setTimeout'],
  ["import { setTimeout as sleep } from 'node:timers/promises'", 'setTimeout'],
  ['soon(setImmediate)', 'setImmediate'],
  ['const at = Date.now()', 'Date.now'],
  ['const clock = { now: globalThis.performance.now }', 'performance.now'],
  ['const day = new Date()', 'new Date()'],
  ['link.plan(AbortSignal.timeout(5))', 'AbortSignal.timeout'],
  ['const x = Math.random()', 'Math.random'],
  ["import { randomUUID } from 'node:crypto'", 'randomUUID'],
])('%s is found', (text, name) => {
  expect(ambient({ path: 'edge-node/src/tap/x.ts', text })).toEqual([`edge-node/src/tap/x.ts: ${name}`]);
});

test.each([
  'world.randomUUID()',
  'const day = new Date(atMs)',
  'interface P { setTimeout(ms: number): void }',
])('%s is somebody else’s', text => {
  expect(ambient({ path: 'x.ts', text })).toEqual([]);
});
