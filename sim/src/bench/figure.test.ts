import { expect, test } from 'vitest';
import { figure } from './figure.ts';
import { middle, quantile } from './spread.ts';
import { table } from './table.ts';

test('a target is put on the ratio where there is a floor, and on the value where there is none', () => {
  expect(figure('a', 'ms', { value: 11, floor: 10 }, { atMost: 1.1 })).toMatchObject({
    ratio: 1.1,
    target: '≤ 1.1',
    holds: true,
  });
  expect(figure('b', '/s', { value: 59, floor: 100 }, { atLeast: 0.6 }).holds).toBe(false);
  expect(figure('c', 'B', { value: 221 }, { atMost: 220 })).toMatchObject({
    floor: null,
    ratio: null,
    holds: false,
  });
});

test('the 99th percentile of a hundred is the last but one', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1)]).toEqual([50, 99, 100]);
});

test('of several rounds the one with the middle ratio speaks, value and floor of one and the same round', () => {
  const rounds = [
    { value: 9, floor: 10 },
    { value: 1, floor: 100 },
    { value: 50, floor: 100 },
  ];
  expect(middle(rounds)).toEqual({ value: 50, floor: 100 });
});

test('the table lines up, and says what was missed', () => {
  const figures = [
    figure('tap', 'ms', { value: 38.44, floor: 36 }, { atMost: 1.1 }),
    figure('bytes-on-the-wire', 'B', { value: 250 }, { atMost: 220 }),
  ];
  expect(table(figures)).toBe(
    [
      'figure             value    floor  ratio  target',
      'tap                38.4 ms  36.0   1.07   ≤ 1.1   holds',
      'bytes-on-the-wire  250 B                  ≤ 220   MISSED',
    ].join('\n'),
  );
});
