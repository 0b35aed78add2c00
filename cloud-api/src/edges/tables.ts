import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import { bytea, eventColumns, tenantPolicy } from '../database/tenant-table.ts';
import { ofEvent } from '../events/tables.ts';

/** A box that enrolled. Its number is part of every journal's key; a number is never given twice. */
export const edge = pgTable(
  'edge',
  {
    ...eventColumns(),
    boxId: integer('box_id').notNull(),
    name: text('name').notNull(),
    ed25519PublicKey: bytea('ed25519_public_key').notNull(),
    x25519PublicKey: bytea('x25519_public_key').notNull(),
    state: text('state', { enum: ['enrolled', 'revoked'] }).notNull(),
    enrolledAt: timestamp('enrolled_at', { withTimezone: true }).notNull(),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.boxId] }),
    ofEvent('edge', table),
    // One identity is one box: two numbers signing with one key couldn't be told apart.
    unique('edge_identity').on(table.tenantId, table.eventId, table.ed25519PublicKey),
    check('edge_box_id', sql`${table.boxId} between 1 and 65535`),
    check('edge_state', sql`(${table.state} = 'revoked') = (${table.revokedAt} is not null)`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

/** The code itself is shown once and never stored; whoever reads this table can't enrol with it. */
export const enrolmentCode = pgTable(
  'enrolment_code',
  {
    ...eventColumns(),
    codeHash: bytea('code_hash').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    usedAt: timestamp('used_at', { withTimezone: true }),
    boxId: integer('box_id'),
  },
  table => [
    // Without the event: a box that types a code in knows its tenant (it is in the code) but not its event.
    primaryKey({ columns: [table.tenantId, table.codeHash] }),
    ofEvent('enrolment_code', table),
    foreignKey({
      name: 'enrolment_code_edge',
      columns: [table.tenantId, table.eventId, table.boxId],
      foreignColumns: [edge.tenantId, edge.eventId, edge.boxId],
    }),
    check('enrolment_code_used', sql`(${table.usedAt} is null) = (${table.boxId} is null)`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();
