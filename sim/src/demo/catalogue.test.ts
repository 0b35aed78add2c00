import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { currency } from '@pulsera/firmware-protocol/money/money';
import { expect, test } from 'vitest';
import { readCatalogue } from './catalogue.ts';

const EUR = currency('EUR');
const HEADER = 'stand,product,name,price,tax_rate,deposit\n';
const read = (rows: string) => readCatalogue(HEADER + rows, EUR, 20_000);

test('the sample catalogue has 4 stands and 40 products, some with a deposit and some giving it back', () => {
  const rows = readCatalogue(
    readFileSync(join(import.meta.dirname, '../../../docs/samples/catalogue.csv'), 'utf8'),
    EUR,
    20_000,
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

test('every problem is named at once, with its line, and nothing is taken', () => {
  const rows = [
    'bar,beer,Beer,4.505,20,0',
    'Bar,cola,Cola,-1,20,0',
    '',
    'bar,water,Water,1,twenty,0',
    'bar,tea,Tea,1,20,0',
    'bar,tea,Tea,1,20,0',
    'bar,gold,Gold,200000,20,0',
    'bar,cup,Cup back,1,0,-1',
    'bar,milk,Milk,1,0',
    'lounge,magnum,Magnum,250,20,0',
  ];
  expect(problems(() => read(`${rows.join('\n')}\n`))).toEqual([
    'line 2: price: Write the amount as digits with at most 2 decimals (EUR).',
    expect.stringMatching(/^line 3: stand: .*; price: must be from 0\.00 EUR to 167772\.15 EUR$/),
    'line 5: tax_rate: a percentage with at most two decimals',
    'line 8: price: must be from 0.00 EUR to 167772.15 EUR',
    'line 9: price: must be 0 where the deposit is given back',
    'line 10: it must have 6 fields',
    'tea stands there more than once',
    'lounge has nothing for 200.00 EUR or less, the most for one payment',
  ]);
});

test('every problem of the header is named', () => {
  const header = 'stand,product,name,price,price,vat\n';
  expect(problems(() => readCatalogue(header, EUR, 20_000))).toEqual([
    'line 1: the column tax_rate is missing',
    'line 1: the column deposit is missing',
    'line 1: the column price is too much',
    'line 1: the column vat is too much',
  ]);
});

test('the columns may stand in any order, and amounts have the decimals of the currency', () => {
  const text = 'name,price,deposit,tax_rate,product,stand\nTea,300,0,8,tea,bar\n';
  expect(readCatalogue(text, currency('JPY'), 20_000)).toEqual([
    { stand: 'bar', product: 'tea', name: 'Tea', priceMinor: 300, taxRateBp: 800, depositMinor: 0 },
  ]);
  expect(() => readCatalogue(text.replace('300', '3.5'), currency('JPY'), 20_000)).toThrow(/line 2: price/);
});

test.each([
  ['no products', ''],
  ['an open quotation mark', 'bar,beer,"Beer,4.50,20,0\n'],
])('%s is refused as a whole', (_, rows) => {
  expect(() => read(rows)).toThrow(expect.objectContaining({ code: 'catalogue-invalid' }));
});

/** The lines after the first of what was thrown. */
function problems(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    expect(error).toMatchObject({ code: 'catalogue-invalid' });
    return error instanceof Error ? error.message.split('\n').slice(1) : [];
  }
  return [];
}
