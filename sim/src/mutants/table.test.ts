import { expect, test } from 'vitest';
import type { Hunted } from './hunt.ts';
import { isEnough, line, summary, table } from './table.ts';

const hunted = (name: string, by: string | null, hung = false): Hunted => ({
  mutant: { name, bug: `What ${name} is.`, patch: '', files: ['edge/a.ts'] },
  by,
  hung,
  ms: 1234,
});
const many = (caught: number, all: number) =>
  Array.from({ length: all }, (_, i) => hunted(`m${i}`, i < caught ? 'a test' : null));

test('the table names what caught each, and says aloud what nothing caught', () => {
  const rows = table([
    hunted('one', 'edge/a.test.ts: a | b'),
    hunted('two', null),
    hunted('three', 'edge', true),
  ]);
  expect(rows.split('\n').slice(2)).toEqual([
    '| one | edge/a.test.ts: a \\| b | 1.2 |',
    '| two | **survived** | 1.2 |',
    '| three | hung: edge | 1.2 |',
  ]);
  expect(line(hunted('two', null), 2, 10)).toBe('[ 2/10] two: SURVIVED (1.2 s)');
});

test('every survivor is listed with what its bug is, also where enough were caught', () => {
  expect(summary([hunted('one', 'x'), hunted('two', null)])).toBe('SURVIVED two: What two is.\ncaught 1/2');
});

test.each([
  [19, 20, true],
  [94, 100, false],
  [3, 3, true],
  [2, 3, false],
])('%d of %d caught: enough is %s', (caught, all, enough) => {
  expect(isEnough(many(caught, all))).toBe(enough);
});
