/**
 * What makes a table a tenant's: the policy below, and in its migration `FORCE ROW LEVEL SECURITY` and the GRANTs
 * it needs, which drizzle-kit can't write. `row-level-security.test.ts` finds any table that lacks one of them.
 */
import { sql } from 'drizzle-orm';
import { type AnyPgColumn, customType, integer, pgPolicy, pgRole } from 'drizzle-orm/pg-core';

/** The login the API uses: owns nothing, bypasses nothing. Made by `roles.ts`. */
export const APP_ROLE = 'pulsera_app';
const appRole = pgRole(APP_ROLE).existing();

/** A reset setting reads as an empty string, not as NULL; either way there is no tenant, and so there are no rows. */
const TENANT_NOW = sql`nullif(current_setting('app.tenant_id', true), '')::int`;

export const tenantPolicy = (tenantId: AnyPgColumn) => {
  const own = sql`${tenantId} = ${TENANT_NOW}`;
  return pgPolicy('tenant_isolation', { for: 'all', to: appRole, using: own, withCheck: own });
};

/** The columns that every event's table starts with, and its key too. */
export const eventColumns = () => ({
  tenantId: integer('tenant_id').notNull(),
  eventId: integer('event_id').notNull(),
});

export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  fromDriver: buffer => new Uint8Array(buffer),
});
