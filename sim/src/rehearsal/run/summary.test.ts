import { expect, test } from 'vitest';
import { NOTHING_PLAYED, type Report } from './order.ts';
import { added, NO_SEEDS, summaryTable } from './summary.ts';

const report = (seed: number, more: Partial<Report>): Report => ({
  ...NOTHING_PLAYED,
  order: { seed, profile: 'storm', part: {} },
  ...more,
});
const reports = [
  report(1, {
    hash: 'aa',
    virtualMs: 3_600_000,
    taps: { 'charge approved': 1200, 'charge declined': 3, 'topup approved': 7 },
    dropped: { 'buy: no wristband': 2 },
    strikes: { 'power-cut': 2 },
    rssBytes: 200 * 2 ** 20,
  }),
  report(2, {
    hash: 'bb',
    taps: { 'charge approved': 1 },
    strikes: { 'power-cut': 1, 'torn-chip': 9 },
    findings: [
      { check: 'green-kept', atMs: 5, what: 'x' },
      { check: 'green-kept', atMs: 6, what: 'y' },
    ],
    rssBytes: 100 * 2 ** 20,
  }),
];

test('adds up what came of all seeds, and says it in a table', () => {
  const lines = summaryTable(reports.reduce(added, NO_SEEDS), 10, 4000)
    .split('\n')
    .map(line => line.replaceAll(/ +/g, ' ').trim());
  expect(lines).toEqual([
    'seeds 2 of 10 storm 2',
    'virtual time 1.0 h',
    'real time 4.0 s 0.50 seeds a second',
    'memory 200 MB the most that one process held',
    'taps 1,211',
    'charge 1,204 approved 1,201, declined 3',
    'topup 7 approved 7',
    'wishes dropped 2 buy: no wristband 2',
    'strikes 12 torn-chip 9, power-cut 3',
    'findings 2 in 1 seed: green-kept 2',
    expect.stringMatching(/^hash [0-9a-f]{16} /),
  ]);
});

test('has another hash when any of the traces was another', () => {
  const hashOf = (...all: Report[]) => all.reduce(added, NO_SEEDS).hash;
  expect(hashOf(...reports)).toBe(hashOf(...reports));
  expect(hashOf(report(1, { hash: 'ac' }), report(2, { hash: 'bb' }))).not.toBe(hashOf(...reports));
});
