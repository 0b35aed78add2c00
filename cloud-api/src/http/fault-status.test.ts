import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FAULT_STATUS } from './fault-status.ts';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));
/** Thrown before there is anybody to answer, or a failure of ours that leaves as 500. */
const NEVER_ANSWERED = new Set([
  'config-invalid',
  'database-account-missing',
  'database-binaries-missing',
  'database-in-use',
  'database-start-failed',
  'folder-not-reachable',
  'port-taken',
  'tls-file-unreadable',
  'secret-file-damaged',
  'secret-unreadable',
  'unexpected',
]);

test('every fault of the API has its status, and every status its fault', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    name => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('fault-status.ts'),
  );
  const text = files.map(name => readFileSync(`${SOURCES}/${name}`, 'utf8')).join('\n');
  const thrown = new Set([...text.matchAll(/new Fault\(\s*'([a-z0-9-]+)'/g)].map(match => match[1] ?? ''));
  expect(thrown.size).toBeGreaterThan(25);
  const missing = [...thrown].filter(code => !Object.hasOwn(FAULT_STATUS, code) && !NEVER_ANSWERED.has(code));
  expect(missing).toEqual([]);
  const unused = Object.keys(FAULT_STATUS).filter(code => !text.includes(`'${code}'`));
  // These two come from the protocol's own functions.
  expect(unused.sort()).toEqual(['currency-unknown', 'plan-invalid']);
});
