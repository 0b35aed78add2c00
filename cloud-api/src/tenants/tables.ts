import { pgTable, primaryKey, serial, text, timestamp } from 'drizzle-orm/pg-core';
import { tenantPolicy } from '../database/tenant-table.ts';

/** An organizer's company. Its number is the first column of every other key. */
export const tenant = pgTable(
  'tenant',
  {
    tenantId: serial('tenant_id').notNull(),
    name: text('name').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  table => [primaryKey({ columns: [table.tenantId] }), tenantPolicy(table.tenantId)],
).enableRLS();
