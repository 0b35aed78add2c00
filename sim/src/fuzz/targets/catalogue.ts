/** The catalogue: a CSV file of stands and products, and the rows of an import. The first byte says which. */
import { readFileSync } from 'node:fs';
import { checkCatalogue } from '@pulsera/cloud-api/events/catalogue';
import { currency } from '@pulsera/firmware-protocol/money/money';
import { PlanProduct } from '@pulsera/firmware-protocol/wire/plan';
import { readCatalogue } from '../../demo/catalogue.ts';
import { chosen, json, utf8 } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

const SAMPLE = readFileSync(new URL('../../../../docs/samples/catalogue.csv', import.meta.url), 'utf8');
const HEADER = 'stand,product,name,price,tax_rate,deposit';
const ROWS = [
  { id: 'lager', name: 'Lager', kind: 'sale', priceMinor: 450, taxRateBp: 2000, depositMinor: 100 },
  {
    id: 'cup',
    name: 'Cup',
    kind: 'deposit-return',
    stand: 'bar',
    priceMinor: 0,
    taxRateBp: 0,
    depositMinor: 100,
  },
];
const EUR = currency('EUR');

export const target: Target = {
  shape: 'json',
  from: 1,
  seeds: [
    chosen(0, utf8(SAMPLE)),
    chosen(0, utf8(`${HEADER}\r\nbar,"cup","Cup, ""old""",0.00,0,-1.00\r\n`)),
    chosen(0, utf8(`\ufeffproduct,stand,name,deposit,price,tax_rate\nlager,bar,Lager,0,4.5,5.5\n`)),
    chosen(1, json(ROWS)),
  ],
  words: ['"', '""', ',', '\r\n', '\n', HEADER, '__proto__', '-1.00', '1e3', '99999999999999999999', '%'],
  run: input => {
    const text = new TextDecoder().decode(input.subarray(1));
    if ((input[0] ?? 0) % 2 === 1) return imported(text);
    const rows = attempt(['catalogue-invalid'], () => readCatalogue(text, EUR, 10_000));
    if (rows === undefined) return false;
    for (const { priceMinor, depositMinor, taxRateBp, product, stand } of rows) {
      const all = [priceMinor, depositMinor, taxRateBp];
      holds(
        all.every(Number.isSafeInteger) && priceMinor >= 0 && taxRateBp >= 0 && taxRateBp < 10_000,
        'a row that no plan takes',
      );
      holds(
        /^[a-z0-9][a-z0-9-]{0,31}$/.test(product) && /^[a-z0-9][a-z0-9-]{0,31}$/.test(stand),
        'a name that no plan takes',
      );
    }
    return true;
  },
};

function imported(text: string): boolean {
  const rows = attempt([SyntaxError], () => JSON.parse(text) as unknown);
  if (!Array.isArray(rows)) return false;
  const { products, problems } = checkCatalogue(rows, new Set(['bar']));
  holds(
    products.every(product => PlanProduct.safeParse(product).success),
    'a product that no plan takes',
  );
  return Object.keys(problems).length === 0;
}
