import { Fault } from '@pulsera/firmware-protocol/fault';
import { TenantId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { databaseFault } from '../database/database-fault.ts';
import { withTenant } from '../database/with-tenant.ts';
import { tenant } from './tables.ts';

export const NewTenant = z.strictObject({ name: z.string().trim().min(1).max(120) });
export const Tenant = NewTenant.extend({ tenantId: TenantId, createdAtMs: z.int() });

export async function createTenant(cloud: Cloud, { name }: z.infer<typeof NewTenant>) {
  // The number comes first: under its policy not even a new tenant's row is written without being that tenant.
  const { rows } = await cloud.pool
    .query<{ id: number }>(`SELECT nextval('tenant_tenant_id_seq')::int AS id`)
    .catch(error => {
      throw databaseFault(error);
    });
  const tenantId = TenantId.parse(rows[0]?.id);
  const createdAtMs = cloud.world.nowMs();
  await withTenant(cloud.pool, tenantId, ({ db }) =>
    db.insert(tenant).values({ tenantId, name, createdAt: new Date(createdAtMs) }),
  );
  return { tenantId, name, createdAtMs };
}

/** @throws Fault `tenant-unknown` */
export async function readTenant(cloud: Cloud, tenantId: TenantId): Promise<z.infer<typeof Tenant>> {
  const [row] = await withTenant(cloud.pool, tenantId, ({ db }) => db.select().from(tenant));
  if (!row) throw new Fault('tenant-unknown', 'Give a tenant that exists.', { detail: { tenantId } });
  return { tenantId, name: row.name, createdAtMs: row.createdAt.getTime() };
}
