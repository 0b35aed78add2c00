import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DECLINES } from '@pulsera/firmware-protocol/purse/decline';
import { expect, test } from 'vitest';
import { isTest } from './rooms.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
/** A code where a fault is made: `new Fault('disk-full', …` or `super('disk-full', …`. */
const MADE = /(?:new Fault|super)\(\s*'([a-z0-9-]+)'/g;

/** The codes in the first column of the tables below a heading. */
function listed(heading: string): string[] {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(match => match[1] ?? '');
}

function made(): Set<string> {
  const files = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*/src/*.ts'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const sources = files.split('\n').filter(path => path !== '' && !isTest(path));
  return new Set(
    sources.flatMap(path =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(MADE)].map(match => match[1] ?? ''),
    ),
  );
}

test('every fault that the code can make is explained, and no other', () => {
  const codes = made();
  expect(codes.size).toBeGreaterThan(30);
  expect(listed('Faults').toSorted()).toEqual([...codes].toSorted());
});

test('every decline is explained in its order of precedence', () => {
  expect(listed('Declines')).toEqual(Object.keys(DECLINES));
});
