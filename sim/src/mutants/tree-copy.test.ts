import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HuntStopped } from './hunt-stopped.ts';
import { readPatch } from './patch.ts';
import { applies, copyTree, readTree } from './tree-copy.ts';

let root: string;
const put = (file: string, text: string) => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pulsera-tree-'));
  execFileSync('git', ['init', '-q'], { cwd: root });
  put('.gitignore', 'node_modules/\n');
  put('package.json', '{"workspaces":["protocol","edge"]}');
  put('protocol/package.json', '{"name":"@pulsera/protocol"}');
  put('edge/package.json', '{"dependencies":{"@pulsera/protocol":"1","zod":"1"}}');
  put('edge/src/price.ts', 'export const price = 1;\n');
  put(
    'edge/src/price.test.ts',
    "import { test } from 'vitest';\nimport { add } from '@pulsera/protocol/money';\n",
  );
  put('node_modules/zod/index.js', 'zod');
  put('node_modules/@pulsera/protocol/wrong', 'not the copy');
  put('node_modules/.cache/x', '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const DEARER = readPatch(
  'dearer',
  'It is dearer.\ndiff --git a/edge/src/price.ts b/edge/src/price.ts\n--- a/edge/src/price.ts\n+++ b/edge/src/price.ts\n' +
    '@@ -1 +1 @@\n-export const price = 1;\n+export const price = 2;\n',
);
const price = (at: string) => readFileSync(join(at, 'edge/src/price.ts'), 'utf8');

test('a copy has all files of the tree, its packages, and its own workspaces among them', () => {
  using copy = copyTree(root);
  expect(price(copy.root)).toBe(price(root));
  expect(readFileSync(join(copy.root, 'node_modules/zod/index.js'), 'utf8')).toBe('zod');
  const linked = realpathSync(join(copy.root, 'node_modules/@pulsera/protocol'));
  expect(linked).toBe(realpathSync(join(copy.root, 'protocol')));
  expect(existsSync(join(copy.root, 'node_modules/.cache'))).toBe(false);
});

test('a bug is planted in the copy alone, and pulled again', () => {
  using copy = copyTree(root);
  copy.plant(DEARER);
  expect(price(copy.root)).toContain('= 2');
  expect(price(root)).toContain('= 1');
  copy.pull(DEARER);
  expect(price(copy.root)).toBe(price(root));
});

test('a copy is gone when it is not needed any more', () => {
  let at: string;
  {
    using copy = copyTree(root);
    at = copy.root;
  }
  expect(existsSync(at)).toBe(false);
});

test('a patch of code that has changed since is named', () => {
  put('edge/src/price.ts', 'export const price = 3;\n');
  using copy = copyTree(root);
  expect(applies(root, DEARER)).toBe(false);
  expect(() => copy.plant(DEARER)).toThrow(HuntStopped);
  expect(() => copy.plant(DEARER)).toThrow('dearer.patch');
});

test('which workspace stands on which is read from their packages', () => {
  expect(readTree(root)).toEqual({
    workspaces: [
      { name: 'protocol', dependsOn: [] },
      { name: 'edge', dependsOn: ['protocol'] },
    ],
    scope: '@pulsera',
    tests: [{ file: 'edge/src/price.test.ts', imports: ['vitest', '@pulsera/protocol/money'] }],
  });
});
