/** The bar of the benches: forty tills at the stands of the sample catalogue, each with its cart of three lines. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProductId, StandId, TillId } from '@pulsera/firmware-protocol/ids';
import { currency } from '@pulsera/firmware-protocol/money/money';
import type { PlanCaps } from '@pulsera/firmware-protocol/wire/plan';
import { type CatalogueRow, readCatalogue } from '../demo/catalogue.ts';

const TILLS = 40;
const LINES = 3;
const CATALOGUE = join(import.meta.dirname, '../../../docs/samples/catalogue.csv');

export interface BenchTill {
  readonly id: TillId;
  readonly stand: StandId;
  readonly kind: 'bar';
  /** One of each is sold, over and over. */
  readonly cart: readonly ProductId[];
}

/** So high that nobody meets one: declines are not what is measured. */
export const CAPS: PlanCaps = {
  chargeMinor: 0xff_ff_ff,
  chipMinor: 0xff_ff_ff,
  boxOfflineMinor: Number.MAX_SAFE_INTEGER,
  terminalMinor: Number.MAX_SAFE_INTEGER,
};

export function benchCatalogue(): readonly CatalogueRow[] {
  return readCatalogue(readFileSync(CATALOGUE, 'utf8'), currency('EUR'), CAPS.chargeMinor);
}

export function benchTills(catalogue: readonly CatalogueRow[]): readonly BenchTill[] {
  const stands = [...Map.groupBy(catalogue, ({ stand }) => stand)];
  return Array.from({ length: TILLS }, (_, i) => {
    const [stand, rows] = stands[i % stands.length] ?? [];
    if (stand === undefined || rows === undefined) throw new RangeError('a catalogue without stands');
    const sold = rows.filter(({ depositMinor }) => depositMinor >= 0);
    const from = Math.floor(i / stands.length) % (sold.length - LINES);
    const cart = sold.slice(from, from + LINES).map(({ product }) => product);
    return { id: `${stand}-till-${i + 1}` as TillId, stand, kind: 'bar', cart };
  });
}
