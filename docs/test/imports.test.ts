import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { breaches, type Source } from './rooms.ts';

const ROOT = join(import.meta.dirname, '../..');
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;

function sources(): Source[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return listed
    .split('\n')
    .filter(Boolean)
    .map(path => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, imports: [...text.matchAll(IMPORT)].map(match => match[1] ?? match[2] ?? '') };
    });
}

test('every room imports only the rooms it may know', () => {
  const all = sources();
  expect(all.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
  expect(breaches(all)).toEqual([]);
});

test.each([
  ['firmware-protocol/src/money/money.ts', '../journal/entry.ts', 'money must not know journal'],
  ['firmware-protocol/src/purse/purse.ts', '../chip/ntag21x.ts', 'purse must not know chip'],
  ['firmware-protocol/src/chip/ntag21x.ts', '../virtual/chip.ts', 'nothing imports virtual'],
  ['firmware-protocol/src/journal/chain.ts', 'node:crypto', 'the protocol runs in browsers too'],
  ['edge-node/src/journal/journal.ts', '../stand/desk.ts', 'journal must not know stand'],
  ['edge-node/src/tap/flow.ts', '../plan/current.ts', 'tap must not know plan'],
  ['edge-node/src/tap/flow.ts', '@pulsera/cloud-api/app', 'no app imports another app'],
  ['edge-node/src/tap/flow.ts', '../../../cloud-api/src/app.ts', 'reaches into another workspace by path'],
  ['edge-node/src/box.ts', 'nfc-pcsc', 'only the reader process loads nfc-pcsc'],
  [
    'edge-node/src/box.ts',
    '@pulsera/firmware-protocol/virtual/chip',
    'only tests and the simulated festival use the virtual room',
  ],
  ['cloud-api/src/ledger/balances.ts', '../ingest/decide.ts', 'ledger must not know ingest'],
  [
    'sim/src/rehearsal/auditor/checks/given-back.ts',
    '@pulsera/firmware-protocol/purse/give-back',
    'an auditor shares no rules with what it audits',
  ],
  ['sim/src/rehearsal/auditor/notebook.ts', '../box.ts', 'an auditor shares no rules with what it audits'],
  ['sim/src/audit/settle.ts', '@pulsera/cloud-api/decide', 'an auditor shares no rules with what it audits'],
  ['provisioning/src/main.ts', '@pulsera/firmware-protocol', 'there is no root barrel: import a subpath'],
])('%s may not import %s', (path, target, reason) => {
  expect(breaches([{ path, imports: [target] }])).toEqual([`${path} imports ${target}: ${reason}`]);
});
