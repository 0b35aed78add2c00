/** Publishing: what people edited becomes the next signed version. */
import { type EventId, PlanVersion, type TenantId } from '@pulsera/firmware-protocol/ids';
import { Plan, planInvalid, signPlan } from '@pulsera/firmware-protocol/wire/plan';
import { and, asc, desc, eq, gt, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { type Event, lockEvent } from './event.ts';
import { keySetNumbers } from './key-set.ts';
import { operator, plan, product, stand, standPrice, till } from './tables.ts';

export interface SignedPlan {
  readonly version: PlanVersion;
  readonly signed: Uint8Array;
}

/**
 * One version above the last, signed. Two at once get two versions.
 * @throws Fault `plan-invalid` naming what contradicts itself, `event-unknown`
 */
export function publishPlan(cloud: Cloud, tenantId: TenantId, eventId: EventId): Promise<SignedPlan> {
  return withTenant(cloud.pool, tenantId, async tx => {
    const event = await lockEvent(tx, eventId);
    const previous = (await newestPlan(tx, eventId))?.version;
    const parsed = Plan.safeParse({
      ...(await draft(tx, event)),
      version: (previous ?? 0) + 1,
      ...(previous === undefined ? {} : { previous }),
    });
    if (!parsed.success) throw planInvalid(parsed.error);
    const { version } = parsed.data;
    const signed = signPlan(parsed.data, cloud.signer.sign, cloud.signer.publicKey);
    await tx.db
      .insert(plan)
      .values({ tenantId, eventId, version, signed, publishedAt: new Date(cloud.world.nowMs()) });
    return { version, signed };
  });
}

/** The newest, if it is above `after`. */
export async function newestPlan(
  tx: TenantTransaction,
  eventId: EventId,
  after = 0,
): Promise<SignedPlan | undefined> {
  const [row] = await tx.db
    .select({ version: plan.version, signed: plan.signed })
    .from(plan)
    .where(and(own(tx, eventId, plan), gt(plan.version, after)))
    .orderBy(desc(plan.version))
    .limit(1);
  return row && { version: PlanVersion.parse(row.version), signed: row.signed };
}

async function draft(tx: TenantTransaction, event: Event) {
  const { db } = tx;
  const { eventId } = event;
  const stands = await db
    .select()
    .from(stand)
    .where(own(tx, eventId, stand))
    .orderBy(asc(stand.slug));
  const products = await db
    .select()
    .from(product)
    .where(own(tx, eventId, product))
    .orderBy(asc(product.slug));
  const prices = await db
    .select()
    .from(standPrice)
    .where(own(tx, eventId, standPrice))
    .orderBy(asc(standPrice.stand), asc(standPrice.product));
  const tills = await db
    .select()
    .from(till)
    .where(own(tx, eventId, till))
    .orderBy(asc(till.slug));
  const staff = await db
    .select()
    .from(operator)
    .where(own(tx, eventId, operator))
    .orderBy(asc(operator.slug));
  return {
    eventId,
    event: {
      name: event.name,
      currency: event.currency,
      exponent: event.exponent,
      timeZone: event.timeZone,
      endsAtMs: event.endsAtMs,
    },
    stands: stands.map(({ slug, name }) => ({ id: slug, name })),
    products: products.map(({ slug, stand: at, name, kind, priceMinor, taxRateBp, depositMinor }) => ({
      id: slug,
      name,
      kind,
      ...(at === null ? {} : { stand: at }),
      priceMinor,
      taxRateBp,
      depositMinor,
    })),
    prices: prices.map(row => ({ stand: row.stand, product: row.product, priceMinor: row.priceMinor })),
    tills: tills.map(row => ({ id: row.slug, stand: row.stand, name: row.name, kind: row.kind })),
    staff: staff.map(row => ({ id: row.slug, name: row.name, role: row.role })),
    zones: [],
    rules: {},
    caps: event.caps,
    keySets: await keySetNumbers(tx, eventId),
  };
}

function own(
  tx: TenantTransaction,
  eventId: EventId,
  table: { tenantId: PgColumn; eventId: PgColumn },
): SQL | undefined {
  return and(eq(table.tenantId, tx.tenantId), eq(table.eventId, eventId));
}
