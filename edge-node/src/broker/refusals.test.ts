import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Refusals } from './refusals.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function record() {
  const lines: object[] = [];
  const counted: string[] = [];
  const write = (detail: object) => void lines.push(detail);
  const log = { info: write, warn: write, error: write };
  return { lines, counted, refusals: new Refusals(log, refusal => void counted.push(refusal), 10_000) };
}

test('a flood of one kind is counted each time and logged twice: the first, and how many more', () => {
  const { lines, counted, refusals } = record();
  for (let i = 0; i < 1000; i++) refusals.add('plaintext', { peer: 'a 1' });
  vi.advanceTimersByTime(10_000);
  expect(counted).toHaveLength(1000);
  expect(lines).toEqual([
    { refusal: 'plaintext', peer: 'a 1' },
    { refusal: 'plaintext', times: 999 },
  ]);
});

test('another kind is logged at once', () => {
  const { lines, refusals } = record();
  refusals.add('plaintext', {});
  refusals.add('revoked', { terminalId: 'bar-1' });
  expect(lines).toHaveLength(2);
});

test('a single refusal leaves one line, and the next after the quiet time another', () => {
  const { lines, refusals } = record();
  refusals.add('too-slow', {});
  vi.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(1);
  refusals.add('too-slow', {});
  expect(lines).toHaveLength(2);
});

test('what was left out is told on closing, and no timer stays behind', () => {
  const { lines, refusals } = record();
  refusals.add('silent', {});
  refusals.add('silent', {});
  refusals.close();
  expect(lines).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});
