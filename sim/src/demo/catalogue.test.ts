import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { currency } from '@pulsera/firmware-protocol/money/money';
import { expect, test } from 'vitest';
import { readCatalogue } from './catalogue.ts';

const EUR = currency('EUR');
const HEADER = 'stand,product,name,price,tax_rate,deposit\n';
const read = (rows: string) => readCatalogue(HEADER + rows, EUR);

test('the sample catalogue has 4 stands and 40 products, some with a deposit and some giving it back', () => {
  const rows = readCatalogue(
    readFileSync(join(import.meta.dirname, '../../../docs/samples/catalogue.csv'), 'utf8'),
    EUR,
  );
  expect(new Set(rows.map(({ stand }) => stand)).size).toBe(4);
  expect(rows).toHaveLength(40);
  expect(rows.some(({ depositMinor }) => depositMinor > 0)).toBe(true);
  expect(rows.some(({ depositMinor }) => depositMinor < 0)).toBe(true);
});

test('prices become minor units and tax rates basis points', () => {
  expect(read('bar,beer,"Beer, 25 cl",4.5,5.5,1\n')).toEqual([
    {
      stand: 'bar',
      product: 'beer',
      name: 'Beer, 25 cl',
      priceMinor: 450,
      taxRateBp: 550,
      depositMinor: 100,
    },
  ]);
});

test('every bad line is named at once, and nothing is taken', () => {
  const rows =
    'bar,beer,Beer,4.505,20,0\nBar,cola,Cola,1,20,0\nbar,water,Water,1,twenty,0\nbar,tea,Tea,1,20,0\nbar,tea,Tea,1,20,0\n';
  try {
    read(rows);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'catalogue-invalid' });
    const message = String(error);
    for (const part of ['line 2', 'line 3', 'line 4', 'tea stands there more than once'])
      expect(message).toContain(part);
    expect(message).not.toContain('line 5');
  }
});

test.each([
  ['no products', ''],
  ['a column too few', 'bar,beer,Beer,4.50\n'],
  ['an open quotation mark', 'bar,beer,"Beer,4.50,20,0\n'],
])('%s is refused as a whole', (_, rows) => {
  expect(() => read(rows)).toThrow(expect.objectContaining({ code: 'catalogue-invalid' }));
});
