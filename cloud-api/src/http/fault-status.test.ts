import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FAULT_STATUS } from './fault-status.ts';

/** Thrown before there is anybody to answer. */
const AT_START = [
  'config-invalid',
  'database-account-missing',
  'database-binaries-missing',
  'database-in-use',
  'database-start-failed',
  'folder-not-reachable',
  'port-taken',
  'tls-file-unreadable',
  'secret-file-damaged',
];
/** Failures of ours: a caller sees the code with 500, the log the rest. */
const OURS = ['secret-unreadable', 'tap-missing', 'unexpected'];

const read = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('fault-status.ts'))
    .map(name => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');
const own = read(fileURLToPath(new URL('..', import.meta.url)));
const protocol = read(fileURLToPath(new URL('../../../firmware-protocol/src', import.meta.url)));

test('every fault of the API has its status', () => {
  const thrown = new Set([...own.matchAll(/new Fault\(\s*'([a-z0-9-]+)'/g)].map(match => match[1] ?? ''));
  expect(thrown.size).toBeGreaterThan(25);
  const missing = [...thrown].filter(code => !Object.hasOwn(FAULT_STATUS, code));
  expect(missing.filter(code => !AT_START.includes(code) && !OURS.includes(code))).toEqual([]);
});

test('every status is that of a fault there is', () => {
  const unused = Object.keys(FAULT_STATUS).filter(code => !`${own}${protocol}`.includes(`'${code}'`));
  expect(unused).toEqual([]);
});
