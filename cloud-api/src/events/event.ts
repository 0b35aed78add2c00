import { Fault } from '@pulsera/firmware-protocol/fault';
import { EventId, type TenantId } from '@pulsera/firmware-protocol/ids';
import { currency } from '@pulsera/firmware-protocol/money/money';
import { PlanCaps } from '@pulsera/firmware-protocol/wire/plan';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { addKeySet } from './key-set.ts';
import { event } from './tables.ts';

const instant = z.int().min(0).max(8_640_000_000_000_000);

export const NewEvent = z
  .strictObject({
    name: z.string().trim().min(1).max(80),
    /** ISO 4217. */
    currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters'),
    /** IANA name, e.g. Europe/Vienna. */
    timeZone: z.string().min(1).max(64),
    startsAtMs: instant,
    endsAtMs: instant,
    caps: PlanCaps,
  })
  .refine(({ startsAtMs, endsAtMs }) => startsAtMs < endsAtMs, {
    path: ['endsAtMs'],
    error: 'not after startsAtMs',
  })
  .refine(({ caps }) => caps.chargeMinor <= caps.chipMinor, {
    path: ['caps', 'chargeMinor'],
    error: 'more than a chip may hold',
  });

export const Event = z.strictObject({
  eventId: EventId,
  name: z.string(),
  currency: z.string(),
  exponent: z.int(),
  timeZone: z.string(),
  startsAtMs: z.int(),
  endsAtMs: z.int(),
  caps: PlanCaps,
});
export type Event = z.infer<typeof Event>;

/**
 * The event, and its key set 1, without which no wristband could be made.
 * @throws Fault `currency-unknown`, `time-zone-unknown`, `tenant-unknown`
 */
export async function createEvent(
  cloud: Cloud,
  tenantId: TenantId,
  body: z.infer<typeof NewEvent>,
): Promise<Event> {
  currency(body.currency);
  assertTimeZone(body.timeZone);
  const createdAt = new Date(cloud.world.nowMs());
  return withTenant(cloud.pool, tenantId, async tx => {
    const [row] = await tx.db
      .insert(event)
      .values({
        tenantId,
        name: body.name,
        currency: body.currency,
        timeZone: body.timeZone,
        startsAt: new Date(body.startsAtMs),
        endsAt: new Date(body.endsAtMs),
        chargeCapMinor: body.caps.chargeMinor,
        chipCapMinor: body.caps.chipMinor,
        boxOfflineCapMinor: body.caps.boxOfflineMinor,
        terminalCapMinor: body.caps.terminalMinor,
        createdAt,
      })
      .returning();
    const created = asEvent(row);
    await addKeySet(cloud, tx, created.eventId);
    return created;
  });
}

export function readEvent(cloud: Cloud, tenantId: TenantId, eventId: EventId): Promise<Event> {
  return withTenant(cloud.pool, tenantId, tx => eventIn(tx, eventId));
}

/** @throws Fault `event-unknown` */
export async function eventIn(tx: TenantTransaction, eventId: EventId): Promise<Event> {
  const [row] = await tx.db.select().from(event).where(thisEvent(tx, eventId));
  return asEvent(row, eventId);
}

/**
 * The event, held until the end of the transaction: whoever numbers something within it (a plan, a box, a key set)
 * waits here for the other. Rows that merely refer to the event don't wait. @throws Fault `event-unknown`
 */
export async function lockEvent(tx: TenantTransaction, eventId: EventId): Promise<Event> {
  const [row] = await tx.db.select().from(event).where(thisEvent(tx, eventId)).for('no key update');
  return asEvent(row, eventId);
}

const thisEvent = (tx: TenantTransaction, eventId: EventId) =>
  and(eq(event.tenantId, tx.tenantId), eq(event.eventId, eventId));

function asEvent(row: typeof event.$inferSelect | undefined, eventId?: EventId): Event {
  if (!row) {
    const detail = eventId === undefined ? {} : { eventId };
    throw new Fault('event-unknown', 'Give an event that this tenant has.', { detail });
  }
  return {
    eventId: EventId.parse(row.eventId),
    name: row.name,
    currency: row.currency,
    exponent: currency(row.currency).exponent,
    timeZone: row.timeZone,
    startsAtMs: row.startsAt.getTime(),
    endsAtMs: row.endsAt.getTime(),
    caps: {
      chargeMinor: row.chargeCapMinor,
      chipMinor: row.chipCapMinor,
      boxOfflineMinor: row.boxOfflineCapMinor,
      terminalMinor: row.terminalCapMinor,
    },
  };
}

function assertTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (cause) {
    throw new Fault('time-zone-unknown', 'Give an IANA time zone, as Europe/Vienna.', {
      cause,
      detail: { timeZone },
    });
  }
}
