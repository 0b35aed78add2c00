import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planted } from '../../test/planted.ts';
import { hasCompiler } from './disk-shim.ts';
import { runCrashes } from './run.ts';

const WITHOUT_SYNC = planted({
  file: 'edge-node/src/journal/database.ts',
  right: "'synchronous = FULL'",
  wrong: "'synchronous = OFF'",
});

test('a box that is killed while it sells keeps its word', { timeout: 120_000 }, async () => {
  const { tally, problems } = await runCrashes({ kills: 3, seed: 5, powerCuts: false });
  expect(problems).toEqual([]);
  expect(tally.kills).toBe(3);
  expect(Object.values(tally.moments).reduce((sum, n) => sum + n)).toBe(3);
});

test('a run that breaks off for a reason nobody thought of says which, and keeps its evidence', {
  timeout: 60_000,
}, async () => {
  const onProgress = () => {
    throw new RangeError('nobody thought of it');
  };
  const { problems, folder = '' } = await runCrashes({ kills: 2, seed: 5, powerCuts: false, onProgress });
  expect(problems).toEqual([expect.stringContaining('nobody thought of it')]);
  expect(readFileSync(join(folder, 'evidence.json'), 'utf8')).toContain('"seed": 5');
  rmSync(folder, { recursive: true });
});

test('a box that answers before its disk has synced is found out by power cuts', {
  timeout: 180_000,
}, async context => {
  if (!hasCompiler()) {
    console.warn('NOT TESTED: power cuts need Linux and a C compiler (cc).');
    expect(process.env.CI, 'in CI this must be tested: install a compiler').toBeUndefined();
    context.skip();
  }
  const run = { kills: 3, seed: 6, powerCuts: true };
  const honest = await runCrashes(run);
  expect(honest.problems).toEqual([]);
  expect(honest.tally.powerCuts).toBeGreaterThan(0);
  const { problems, folder } = await runCrashes({
    ...run,
    kills: 10,
    env: WITHOUT_SYNC,
  });
  expect(problems).not.toEqual([]);
  if (folder !== undefined) rmSync(folder, { recursive: true });
});
