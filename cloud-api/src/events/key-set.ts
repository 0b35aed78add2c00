/** An event's chip keys: made here, sealed at rest, and handed out only sealed to a box. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type EventId, KeySetNumber, type TenantId } from '@pulsera/firmware-protocol/ids';
import type { KeySet } from '@pulsera/firmware-protocol/wire/enrolment';
import { and, asc, eq } from 'drizzle-orm';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { lockEvent } from './event.ts';
import { keySet } from './tables.ts';

const KEY_BYTES = 16;
const LAST_NUMBER = 255;

const place = (tx: TenantTransaction, eventId: EventId, number: number, purpose: string) =>
  `key-set/${tx.tenantId}/${eventId}/${number}/${purpose}`;

/** Rolls the keys: a new set joins those a box honours, from the next plan on. */
export function createKeySet(
  cloud: Cloud,
  tenantId: TenantId,
  eventId: EventId,
): Promise<{ number: KeySetNumber }> {
  return withTenant(cloud.pool, tenantId, async tx => {
    await lockEvent(tx, eventId);
    return { number: await addKeySet(cloud, tx, eventId) };
  });
}

/** The next number, from 1, with three fresh keys. @throws Fault `key-sets-exhausted` */
export async function addKeySet(
  cloud: Cloud,
  tx: TenantTransaction,
  eventId: EventId,
): Promise<KeySetNumber> {
  const number = Math.max(0, ...(await keySetNumbers(tx, eventId))) + 1;
  if (number > LAST_NUMBER) {
    throw new Fault('key-sets-exhausted', 'A chip has room for set numbers up to 255: begin a new event.', {
      detail: { eventId },
    });
  }
  const seal = (purpose: string) =>
    cloud.vault.seal(cloud.world.randomBytes(KEY_BYTES), place(tx, eventId, number, purpose));
  await tx.db.insert(keySet).values({
    tenantId: tx.tenantId,
    eventId,
    number,
    purseSealed: seal('purse'),
    accessSealed: seal('access'),
    passwordSealed: seal('password'),
    createdAt: new Date(cloud.world.nowMs()),
  });
  return KeySetNumber.parse(number);
}

export async function keySetNumbers(tx: TenantTransaction, eventId: EventId): Promise<KeySetNumber[]> {
  const rows = await tx.db
    .select({ number: keySet.number })
    .from(keySet)
    .where(ofThis(tx, eventId))
    .orderBy(asc(keySet.number));
  return rows.map(row => KeySetNumber.parse(row.number));
}

/** In the clear, for sealing to a box at once. @throws Fault `secret-unreadable` */
export async function openKeySets(cloud: Cloud, tx: TenantTransaction, eventId: EventId): Promise<KeySet[]> {
  const rows = await tx.db.select().from(keySet).where(ofThis(tx, eventId)).orderBy(asc(keySet.number));
  return rows.map(row => {
    const open = (sealed: Uint8Array, purpose: string) =>
      toHex(cloud.vault.open(sealed, place(tx, eventId, row.number, purpose)));
    return {
      number: KeySetNumber.parse(row.number),
      purse: open(row.purseSealed, 'purse'),
      access: open(row.accessSealed, 'access'),
      password: open(row.passwordSealed, 'password'),
    };
  });
}

const ofThis = (tx: TenantTransaction, eventId: EventId) =>
  and(eq(keySet.tenantId, tx.tenantId), eq(keySet.eventId, eventId));
