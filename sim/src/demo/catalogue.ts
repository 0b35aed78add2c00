/**
 * Reads a catalogue: a CSV file (RFC 4180) with the columns stand, product, name, price, tax_rate and deposit. Prices and
 * deposits are in the event's currency with a decimal point, tax rates in percent. A negative deposit is a cup coming back.
 */

import { Fault } from '@pulsera/firmware-protocol/fault';
import { ProductId, StandId } from '@pulsera/firmware-protocol/ids';
import { type Currency, parseMinor } from '@pulsera/firmware-protocol/money/money';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

export interface CatalogueRow {
  readonly stand: StandId;
  readonly product: ProductId;
  readonly name: string;
  readonly priceMinor: number;
  readonly taxRateBp: number;
  readonly depositMinor: number;
}

const Row = z.strictObject({
  stand: StandId,
  product: ProductId,
  name: z.string().min(1).max(80),
  price: z.string(),
  tax_rate: z.string().regex(/^\d{1,2}(?:\.\d{1,2})?$/, 'a percentage with at most two decimals'),
  deposit: z.string(),
});

/** @throws Fault `catalogue-invalid`, naming every bad line. */
export function readCatalogue(text: string, currency: Currency): readonly CatalogueRow[] {
  const problems: string[] = [];
  const rows: CatalogueRow[] = [];
  for (const [index, record] of records(text).entries()) {
    try {
      const { stand, product, name, price, tax_rate, deposit } = Row.parse(record);
      const taxRateBp = Math.round(Number(tax_rate) * 100);
      rows.push({
        stand,
        product,
        name,
        priceMinor: parseMinor(price, currency),
        taxRateBp,
        depositMinor: parseMinor(deposit, currency),
      });
    } catch (error) {
      problems.push(`line ${index + 2}: ${reason(error)}`);
    }
  }
  const twice = [...Map.groupBy(rows, ({ product }) => product)].filter(([, same]) => same.length > 1);
  problems.push(...twice.map(([product]) => `${product} stands there more than once`));
  if (rows.length === 0 && problems.length === 0) problems.push('it has no products');
  if (problems.length > 0) {
    throw new Fault('catalogue-invalid', `Correct the catalogue, then start again:\n${problems.join('\n')}`);
  }
  return rows;
}

function records(text: string): unknown[] {
  try {
    return parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    throw new Fault(
      'catalogue-invalid',
      `Save the catalogue as plain CSV with a header line: ${reason(error)}`,
      {
        cause: error,
      },
    );
  }
}

function reason(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
