import { describe, expect, test } from 'vitest';
import { HuntStopped } from './hunt-stopped.ts';
import { seedVerdict, verdictOf } from './verdict.ts';

const file = (name: string, status: string, titles: Record<string, readonly string[]>, message = '') => ({
  name: `/copy/${name}`,
  status,
  message,
  assertionResults: Object.entries(titles).map(([fullName, failureMessages]) => ({
    fullName,
    status: failureMessages.length > 0 ? 'failed' : 'passed',
    failureMessages,
  })),
});
const report = (...testResults: object[]) => JSON.stringify({ success: false, testResults });
const failed = { code: 1, output: 'vitest says\nsomething' };
const judged = (...testResults: object[]) =>
  verdictOf(failed, report(...testResults), '/copy', 'edge: all tests');

describe('a run of tests', () => {
  test('that ends well has seen nothing', () => {
    expect(verdictOf({ code: 0, output: '' }, undefined, '/copy', 'edge: all tests')).toEqual({
      kind: 'passed',
    });
  });

  test('names the file and the title of what failed, not what was called off because of it', () => {
    const [calledOff, seen] = [
      file('edge/a.test.ts', 'failed', {}),
      file('edge/b.test.ts', 'failed', {
        ' a sale is charged once': [],
        'a cap holds': ['expected 1 to be 2'],
      }),
    ];
    expect(judged(calledOff, seen)).toEqual({
      kind: 'failed',
      by: 'edge/b.test.ts: a cap holds',
      hung: false,
      file: 'edge/b.test.ts',
    });
  });

  test('names a file that can not be loaded by its first line', () => {
    expect(judged(file('edge/a.test.ts', 'failed', {}, '\nno such export\n  at x'))).toEqual({
      kind: 'failed',
      by: 'edge/a.test.ts: no such export',
      hung: false,
      file: 'edge/a.test.ts',
    });
  });

  test.each([
    ['a test', 'Error: Test timed out in 30000ms.'],
    ['what a test sets up', 'Error: Hook timed out in 60000ms.'],
  ])('hung when %s did not come to its end', (_, text) => {
    expect(judged(file('edge/a.test.ts', 'failed', { 'it answers': [text] }))).toMatchObject({ hung: true });
  });

  test('hung when it was ended from outside, whatever it had reported', () => {
    const ended = { code: null, output: '' };
    expect(verdictOf(ended, undefined, '/copy', 'edge: all tests')).toEqual({
      kind: 'failed',
      by: 'edge: all tests',
      hung: true,
      file: null,
    });
  });

  test('that could not even begin is named by what it printed', () => {
    expect(verdictOf(failed, undefined, '/copy', 'cloud: all tests')).toEqual({
      kind: 'failed',
      by: 'cloud: all tests: vitest says',
      hung: false,
      file: null,
    });
  });
});

describe('a run of seeds', () => {
  const output = [
    '[####] 12 seeds',
    'seed 7, storm: charged-once: tap 4 was charged twice',
    '  npm run sim -- --seed 7',
    'seed 9, storm: green-kept: no',
  ].join('\n');

  test('names the first seed in which something was found', () => {
    expect(seedVerdict({ code: 1, output }, 'storm')).toEqual({
      kind: 'failed',
      by: 'seed 7, storm: charged-once: tap 4 was charged twice',
      hung: false,
      file: null,
    });
  });

  test('that ends well has seen nothing, and one that was ended has hung', () => {
    expect(seedVerdict({ code: 0, output: '' }, 'storm')).toEqual({ kind: 'passed' });
    expect(seedVerdict({ code: null, output: '' }, 'storm')).toMatchObject({ kind: 'failed', hung: true });
  });

  test.each([
    ['it does not know what it is asked', { code: 2, output: '--seeds: A..B' }],
    ['it breaks', { code: 1, output: 'TypeError' }],
  ])('catches nothing because %s', (_, ended) => {
    expect(() => seedVerdict(ended, 'storm')).toThrow(HuntStopped);
  });
});
