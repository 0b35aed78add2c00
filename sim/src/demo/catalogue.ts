/**
 * Reads a catalogue: a CSV file (RFC 4180) with the columns stand, product, name, price, tax_rate and deposit. Prices and
 * deposits are in the event's currency with a decimal point, tax rates in percent. A negative deposit is a cup coming back,
 * which has no price.
 */

import { Fault } from '@pulsera/firmware-protocol/fault';
import { ProductId, StandId } from '@pulsera/firmware-protocol/ids';
import { type Currency, formatMinor, parseMinor } from '@pulsera/firmware-protocol/money/money';
import { MAX_CHIP_MINOR } from '@pulsera/firmware-protocol/wire/plan';
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

interface Line {
  /** In the file, from 1. */
  readonly number: number;
  readonly fields: readonly string[];
}

const COLUMNS = ['stand', 'product', 'name', 'price', 'tax_rate', 'deposit'] as const;

/**
 * @param mostMinor what one payment may come to
 * @throws Fault `catalogue-invalid`, naming everything that is wrong with it
 */
export function readCatalogue(text: string, currency: Currency, mostMinor: number): readonly CatalogueRow[] {
  const [header, ...lines] = linesOf(text);
  const problems = headerProblems(header?.fields ?? []);
  const rows: CatalogueRow[] = [];
  if (problems.length === 0) {
    const schema = rowSchema(currency, header?.fields ?? []);
    for (const { number, fields } of lines) {
      const parsed = schema.safeParse(fields);
      if (parsed.success) rows.push(parsed.data);
      else problems.push(`line ${number}: ${reason(parsed.error)}`);
    }
    if (lines.length === 0) problems.push('it has no products');
    problems.push(...togetherProblems(rows, mostMinor, currency));
  }
  if (problems.length > 0) {
    throw new Fault('catalogue-invalid', `Correct the catalogue, then start again:\n${problems.join('\n')}`);
  }
  return rows;
}

function headerProblems(header: readonly string[]): string[] {
  const missing = COLUMNS.filter(name => !header.includes(name));
  const unknown = header.filter((name, i) => !isColumn(name) || header.indexOf(name) !== i);
  return [
    ...missing.map(name => `line 1: the column ${name} is missing`),
    ...unknown.map(name => `line 1: the column ${name === '' ? 'without a name' : name} is too much`),
  ];
}

const isColumn = (name: string) => (COLUMNS as readonly string[]).includes(name);

/** The fields of a line, in the order of the header, as a row. */
function rowSchema(currency: Currency, header: readonly string[]) {
  const amount = (leastMinor: number) =>
    z.string().transform((text, context) => {
      try {
        const minor = parseMinor(text, currency);
        if (minor >= leastMinor && minor <= MAX_CHIP_MINOR) return minor;
        const [least, most] = [leastMinor, MAX_CHIP_MINOR].map(bound => formatMinor(bound, currency));
        context.addIssue(`must be from ${least} to ${most}`);
      } catch (error) {
        context.addIssue(error instanceof Error ? error.message : String(error));
      }
      return z.NEVER;
    });
  const row = z
    .strictObject({
      stand: StandId,
      product: ProductId,
      name: z.string().min(1).max(80),
      price: amount(0),
      tax_rate: z.string().regex(/^\d{1,2}(?:\.\d{1,2})?$/, 'a percentage with at most two decimals'),
      deposit: amount(-MAX_CHIP_MINOR),
    })
    .refine(({ price, deposit }) => deposit >= 0 || price === 0, {
      path: ['price'],
      message: 'must be 0 where the deposit is given back',
    });
  return z
    .array(z.string())
    .length(header.length, `it must have ${header.length} fields`)
    .transform(fields => Object.fromEntries(header.map((name, i) => [name, fields[i]])))
    .pipe(row)
    .transform(({ price, tax_rate, deposit, ...names }) => ({
      ...names,
      priceMinor: price,
      taxRateBp: Math.round(Number(tax_rate) * 100),
      depositMinor: deposit,
    }));
}

/** What only shows when all rows are there. */
function togetherProblems(rows: readonly CatalogueRow[], mostMinor: number, currency: Currency): string[] {
  const twice = [...Map.groupBy(rows, ({ product }) => product)].filter(([, same]) => same.length > 1);
  const dear = [...Map.groupBy(rows, ({ stand }) => stand)].filter(([, sold]) =>
    sold.every(({ priceMinor, depositMinor }) => priceMinor + depositMinor > mostMinor),
  );
  return [
    ...twice.map(([product]) => `${product} stands there more than once`),
    ...dear.map(
      ([stand]) =>
        `${stand} has nothing for ${formatMinor(mostMinor, currency)} or less, the most for one payment`,
    ),
  ];
}

function linesOf(text: string): Line[] {
  try {
    const records = parse(text, {
      skip_empty_lines: true,
      trim: true,
      bom: true,
      relax_column_count: true,
      info: true,
    }) as unknown as { readonly info: { readonly lines: number }; readonly record: string[] }[];
    return records.map(({ info, record }) => ({ number: info.lines, fields: record }));
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    throw new Fault('catalogue-invalid', `Save the catalogue as plain CSV with a header line: ${told}`, {
      cause: error,
    });
  }
}

function reason(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
