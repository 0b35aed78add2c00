/** Stands, tills and staff: small lists that people edit one by one. */
import type { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { PlanOperator, PlanStand, PlanTill } from '@pulsera/firmware-protocol/wire/plan';
import type { z } from 'zod';
import type { Cloud } from '../context.ts';
import { withTenant } from '../database/with-tenant.ts';
import { operator, stand, till } from './tables.ts';

type NewStand = z.infer<typeof PlanStand>;
type NewOperator = z.infer<typeof PlanOperator>;

/** @throws Fault `already-exists`, `event-unknown` (as all three) */
export async function createStand(
  cloud: Cloud,
  tenantId: TenantId,
  eventId: EventId,
  body: NewStand,
): Promise<NewStand> {
  await withTenant(cloud.pool, tenantId, ({ db }) =>
    db.insert(stand).values({ tenantId, eventId, slug: body.id, name: body.name }),
  );
  return body;
}

/** @throws Fault `stand-unknown` */
export async function createTill(
  cloud: Cloud,
  tenantId: TenantId,
  eventId: EventId,
  body: PlanTill,
): Promise<PlanTill> {
  await withTenant(cloud.pool, tenantId, ({ db }) =>
    db
      .insert(till)
      .values({ tenantId, eventId, slug: body.id, stand: body.stand, name: body.name, kind: body.kind }),
  );
  return body;
}

export async function createOperator(
  cloud: Cloud,
  tenantId: TenantId,
  eventId: EventId,
  body: NewOperator,
): Promise<NewOperator> {
  await withTenant(cloud.pool, tenantId, ({ db }) =>
    db.insert(operator).values({ tenantId, eventId, slug: body.id, name: body.name, role: body.role }),
  );
  return body;
}
