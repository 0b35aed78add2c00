import { expect, test } from 'vitest';
import type { Ran } from './run-step.ts';
import { seenTwice } from './seen-twice.ts';
import type { Step } from './step.ts';
import type { Verdict } from './verdict.ts';

const STEP: Step = { kind: 'tests', workspace: 'edge', which: 'related', files: ['edge/src/tap/flow.ts'] };
const passed: Verdict = { kind: 'passed' };
const failed = (title: string, file: string | null = 'edge/a.test.ts'): Verdict => ({
  kind: 'failed',
  by: `edge/a.test.ts: ${title}`,
  hung: false,
  file,
});

async function tried(step: Step, ...verdicts: Verdict[]): Promise<{ ran: Ran; steps: Step[] }> {
  const steps: Step[] = [];
  const ran = await seenTwice(async of => {
    steps.push(of);
    return { verdict: verdicts[steps.length - 1] ?? passed, ms: 10 };
  }, step);
  return { ran, steps };
}

test('what fails is run once more by itself, and believed when it fails again', async () => {
  const { ran, steps } = await tried(STEP, failed('a cap holds'), failed('another does not'));
  expect(ran).toEqual({ verdict: failed('a cap holds'), ms: 20 });
  expect(steps).toEqual([STEP, { ...STEP, which: 'near', files: ['edge/a.test.ts'] }]);
});

test('what does not fail again has seen nothing', async () => {
  expect((await tried(STEP, failed('a cap holds'), passed)).ran).toEqual({ verdict: passed, ms: 20 });
});

test.each<[string, Step, Verdict]>([
  ['what passes', STEP, passed],
  ['what could not even begin', STEP, failed('no such module', null)],
  ['seeds, which are the same again', { kind: 'seeds', profile: 'storm' }, failed('seed 7', null)],
])('%s: once is enough', async (_, step, verdict) => {
  const { ran, steps } = await tried(step, verdict);
  expect([ran.verdict, steps]).toEqual([verdict, [step]]);
});
