/** Everything people edit about an event, and the wristbands and keys that belong to it. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  foreignKey,
  integer,
  type PgColumn,
  pgTable,
  primaryKey,
  serial,
  smallint,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import { bytea, eventColumns, tenantPolicy } from '../database/tenant-table.ts';
import { tenant } from '../tenants/tables.ts';

const minor = (name: string) => bigint(name, { mode: 'number' });

export const event = pgTable(
  'event',
  {
    tenantId: integer('tenant_id').notNull(),
    /** Unique across tenants, because a chip holds it without its tenant. */
    eventId: serial('event_id').notNull(),
    name: text('name').notNull(),
    currency: text('currency').notNull(),
    timeZone: text('time_zone').notNull(),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    endsAt: timestamp('ends_at', { withTimezone: true }).notNull(),
    chargeCapMinor: minor('charge_cap_minor').notNull(),
    chipCapMinor: minor('chip_cap_minor').notNull(),
    boxOfflineCapMinor: minor('box_offline_cap_minor').notNull(),
    terminalCapMinor: minor('terminal_cap_minor').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId] }),
    foreignKey({ name: 'event_tenant', columns: [table.tenantId], foreignColumns: [tenant.tenantId] }),
    check('event_dates', sql`${table.startsAt} < ${table.endsAt}`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

/** The foreign key to its event, for any table that starts with `eventColumns()`. */
export const ofEvent = (name: string, table: { tenantId: PgColumn; eventId: PgColumn }) =>
  foreignKey({
    name: `${name}_event`,
    columns: [table.tenantId, table.eventId],
    foreignColumns: [event.tenantId, event.eventId],
  });

/** Three 16-byte master keys, each sealed by the cloud's master key (`keys/vault.ts`). */
export const keySet = pgTable(
  'key_set',
  {
    ...eventColumns(),
    number: smallint('number').notNull(),
    purseSealed: bytea('purse_sealed').notNull(),
    accessSealed: bytea('access_sealed').notNull(),
    passwordSealed: bytea('password_sealed').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.number] }),
    ofEvent('key_set', table),
    check('key_set_number', sql`${table.number} between 0 and 255`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

export const stand = pgTable(
  'stand',
  { ...eventColumns(), slug: text('slug').notNull(), name: text('name').notNull() },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.slug] }),
    ofEvent('stand', table),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

const atStand = (name: string, table: { tenantId: PgColumn; eventId: PgColumn; stand: PgColumn }) =>
  foreignKey({
    name: `${name}_stand`,
    columns: [table.tenantId, table.eventId, table.stand],
    foreignColumns: [stand.tenantId, stand.eventId, stand.slug],
  });

export const product = pgTable(
  'product',
  {
    ...eventColumns(),
    slug: text('slug').notNull(),
    /** Where it is sold; null for every stand. */
    stand: text('stand'),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['sale', 'deposit-return'] }).notNull(),
    priceMinor: integer('price_minor').notNull(),
    taxRateBp: integer('tax_rate_bp').notNull(),
    depositMinor: integer('deposit_minor').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.slug] }),
    ofEvent('product', table),
    atStand('product', table),
    check(
      'product_amounts',
      sql`${table.priceMinor} >= 0 and ${table.depositMinor} >= 0 and ${table.taxRateBp} between 0 and 10000`,
    ),
    check('product_kind', sql`${table.kind} in ('sale', 'deposit-return')`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

/** What a product costs at one stand, where that differs from its own price. */
export const standPrice = pgTable(
  'stand_price',
  {
    ...eventColumns(),
    stand: text('stand').notNull(),
    product: text('product').notNull(),
    priceMinor: integer('price_minor').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.stand, table.product] }),
    atStand('stand_price', table),
    foreignKey({
      name: 'stand_price_product',
      columns: [table.tenantId, table.eventId, table.product],
      foreignColumns: [product.tenantId, product.eventId, product.slug],
    }),
    check('stand_price_amount', sql`${table.priceMinor} >= 0`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

export const till = pgTable(
  'till',
  {
    ...eventColumns(),
    slug: text('slug').notNull(),
    stand: text('stand').notNull(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['bar', 'topup'] }).notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.slug] }),
    ofEvent('till', table),
    atStand('till', table),
    check('till_kind', sql`${table.kind} in ('bar', 'topup')`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

export const operator = pgTable(
  'operator',
  {
    ...eventColumns(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    role: text('role', { enum: ['seller', 'cashier', 'supervisor'] }).notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.slug] }),
    ofEvent('operator', table),
    check('operator_role', sql`${table.role} in ('seller', 'cashier', 'supervisor')`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

export const wristband = pgTable(
  'wristband',
  {
    ...eventColumns(),
    /** 14 hex characters: the key of every look-up a tap leads to. */
    uid: text('uid').notNull(),
    wallet: text('wallet').notNull(),
    generation: smallint('generation').notNull(),
    ageClass: smallint('age_class').notNull(),
    /** The key set it was issued under. */
    keySet: smallint('key_set').notNull(),
    /** The 20 bytes of slot 0 as personalised: the root of the chip's image graph. */
    rootImage: bytea('root_image').notNull(),
    state: text('state', { enum: ['active', 'blocked', 'replaced'] }).notNull(),
    registeredAt: timestamp('registered_at', { withTimezone: true }).notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.uid] }),
    foreignKey({
      name: 'wristband_key_set',
      columns: [table.tenantId, table.eventId, table.keySet],
      foreignColumns: [keySet.tenantId, keySet.eventId, keySet.number],
    }),
    // One chip per generation of a wallet; also finds a wallet's wristbands.
    unique('wristband_wallet').on(table.tenantId, table.eventId, table.wallet, table.generation),
    check('wristband_root_image', sql`octet_length(${table.rootImage}) = 20`),
    check('wristband_state', sql`${table.state} in ('active', 'blocked', 'replaced')`),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();

/** Each published plan as it was signed, for ever: a tap names the version that priced it. */
export const plan = pgTable(
  'plan',
  {
    ...eventColumns(),
    version: integer('version').notNull(),
    /** COSE_Sign1 over the plan's bytes (`firmware-protocol/src/wire/plan.ts`). */
    signed: bytea('signed').notNull(),
    publishedAt: timestamp('published_at', { withTimezone: true }).notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.eventId, table.version] }),
    ofEvent('plan', table),
    tenantPolicy(table.tenantId),
  ],
).enableRLS();
