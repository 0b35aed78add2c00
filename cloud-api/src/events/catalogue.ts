/** The catalogue, imported whole: every row is good, or nothing changes and every bad row is named. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { PlanPrice, PlanProduct } from '@pulsera/firmware-protocol/wire/plan';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { lockEvent } from './event.ts';
import { product, stand, standPrice } from './tables.ts';

/** Rows are checked by `checkCatalogue`, which names them all; a schema here would stop at the first kind of problem. */
export const Catalogue = z.strictObject({
  rows: z
    .array(z.unknown().meta({ ...z.toJSONSchema(PlanProduct, { io: 'input' }), $schema: undefined }))
    .max(10_000),
  /** Where a stand's price differs from the product's own. */
  prices: z.array(PlanPrice).max(50_000).default([]),
});

export interface Checked {
  readonly products: PlanProduct[];
  /** Path → what is wrong there. */
  readonly problems: Readonly<Record<string, string>>;
}

/** Each row by itself, its stand, and its id among the others. */
export function checkCatalogue(rows: readonly unknown[], stands: ReadonlySet<string>): Checked {
  const products: PlanProduct[] = [];
  const problems: Record<string, string> = {};
  const firstRow = new Map<string, number>();
  for (const [i, row] of rows.entries()) {
    const parsed = PlanProduct.safeParse(row);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues) problems[['rows', i, ...path].join('.')] = message;
      continue;
    }
    const { id, kind, priceMinor, depositMinor, stand: at } = parsed.data;
    const before = firstRow.get(id);
    if (before !== undefined) problems[`rows.${i}.id`] = `the same as in row ${before}`;
    else firstRow.set(id, i);
    if (at !== undefined && !stands.has(at)) problems[`rows.${i}.stand`] = `there is no stand ${at}`;
    if (kind === 'deposit-return' && priceMinor !== 0)
      problems[`rows.${i}.priceMinor`] = 'a deposit return has no price';
    if (kind === 'deposit-return' && depositMinor === 0)
      problems[`rows.${i}.depositMinor`] = 'nothing to give back';
    products.push(parsed.data);
  }
  return { products, problems };
}

/**
 * Adds what is new and changes what is there. Products that the import doesn't mention stay.
 * @throws Fault `catalogue-invalid` naming every bad row; `product-unknown`, `stand-unknown` for a price
 */
export function importCatalogue(
  cloud: Cloud,
  tenantId: TenantId,
  eventId: EventId,
  { rows, prices }: z.infer<typeof Catalogue>,
): Promise<{ imported: number }> {
  return withTenant(cloud.pool, tenantId, async tx => {
    await lockEvent(tx, eventId);
    const { products, problems } = checkCatalogue(rows, await standIds(tx, eventId));
    if (Object.keys(problems).length > 0) {
      throw new Fault('catalogue-invalid', 'Nothing was imported. Correct each row that the detail names.', {
        detail: problems,
      });
    }
    await writeProducts(tx, eventId, products);
    await writePrices(tx, eventId, prices);
    return { imported: products.length };
  });
}

/** One product by hand. @throws Fault `already-exists`, `stand-unknown`, `catalogue-invalid` */
export async function createProduct(
  cloud: Cloud,
  tenantId: TenantId,
  eventId: EventId,
  body: PlanProduct,
): Promise<PlanProduct> {
  await withTenant(cloud.pool, tenantId, async ({ db }) => {
    const { problems } = checkCatalogue([body], new Set(body.stand === undefined ? [] : [body.stand]));
    if (Object.keys(problems).length > 0) {
      throw new Fault('catalogue-invalid', 'Correct what the detail names.', { detail: problems });
    }
    await db.insert(product).values(asRow(tenantId, eventId, body));
  });
  return body;
}

async function standIds(tx: TenantTransaction, eventId: EventId): Promise<Set<string>> {
  const own = and(eq(stand.tenantId, tx.tenantId), eq(stand.eventId, eventId));
  const rows = await tx.db.select({ slug: stand.slug }).from(stand).where(own);
  return new Set(rows.map(row => row.slug));
}

async function writeProducts(
  tx: TenantTransaction,
  eventId: EventId,
  products: PlanProduct[],
): Promise<void> {
  // A statement takes at most 65,535 parameters (the protocol's 16-bit count): 9 columns, so 5,000 rows at once.
  for (let i = 0; i < products.length; i += 5000) {
    await tx.db
      .insert(product)
      .values(products.slice(i, i + 5000).map(row => asRow(tx.tenantId, eventId, row)))
      .onConflictDoUpdate({
        target: [product.tenantId, product.eventId, product.slug],
        set: {
          stand: sql`excluded.stand`,
          name: sql`excluded.name`,
          kind: sql`excluded.kind`,
          priceMinor: sql`excluded.price_minor`,
          taxRateBp: sql`excluded.tax_rate_bp`,
          depositMinor: sql`excluded.deposit_minor`,
        },
      });
  }
}

async function writePrices(
  tx: TenantTransaction,
  eventId: EventId,
  prices: readonly z.infer<typeof PlanPrice>[],
): Promise<void> {
  for (let i = 0; i < prices.length; i += 5000) {
    const rows = prices.slice(i, i + 5000).map(price => ({ tenantId: tx.tenantId, eventId, ...price }));
    await tx.db
      .insert(standPrice)
      .values(rows)
      .onConflictDoUpdate({
        target: [standPrice.tenantId, standPrice.eventId, standPrice.stand, standPrice.product],
        set: { priceMinor: sql`excluded.price_minor` },
      });
  }
}

function asRow(tenantId: number, eventId: EventId, { id, stand: at, ...rest }: PlanProduct) {
  return { tenantId, eventId, slug: id, stand: at ?? null, ...rest };
}
