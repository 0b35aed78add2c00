/** The boxes of an event as the organizer sees them. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { BoxId, type Epoch, type EventId, type Seq, type TenantId } from '@pulsera/firmware-protocol/ids';
import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { appendToCloudJournal, lockCloudJournal } from '../ledger/cloud-journal.ts';
import type { Ledger } from '../ledger/store/store.ts';
import { edge } from './tables.ts';

export const Box = z.strictObject({
  boxId: BoxId,
  name: z.string(),
  state: z.enum(['enrolled', 'revoked']),
  ed25519PublicKey: z.string(),
  enrolledAtMs: z.int(),
  revokedAtMs: z.int().nullable(),
});
export type Box = z.infer<typeof Box>;

export function listBoxes(cloud: Cloud, tenantId: TenantId, eventId: EventId): Promise<Box[]> {
  return withTenant(cloud.pool, tenantId, async tx => {
    const ofEvent = and(eq(edge.tenantId, tenantId), eq(edge.eventId, eventId));
    const rows = await tx.db.select().from(edge).where(ofEvent).orderBy(asc(edge.boxId));
    return rows.map(asBox);
  });
}

/** Every box there ever was, revoked ones too: their journals stay. */
export async function boxKeys(tx: TenantTransaction, eventId: EventId) {
  const { boxId, ed25519PublicKey, state } = edge;
  const rows = await tx.db
    .select({ boxId, ed25519PublicKey, state })
    .from(edge)
    .where(and(eq(edge.tenantId, tx.tenantId), eq(edge.eventId, eventId)))
    .orderBy(asc(edge.boxId));
  return rows.map(row => ({ ...row, boxId: BoxId.parse(row.boxId) }));
}

/**
 * For good: a revoked box gets no session, and those it has end at once. The cloud's journal says so to every other box, with the end
 * of that journal as it was taken: what comes behind it is set aside. Batches that are being taken hold the box's row (`holdBox`):
 * they are awaited, and those that come later find it revoked. Again does nothing. @throws Fault `box-unknown`
 */
export function revokeBox(
  cloud: Pick<Cloud, 'store' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
  boxId: BoxId,
): Promise<Box> {
  return cloud.store.within(tenantId, eventId, async ledger => {
    // Whoever changes the row first journals it; another at the same moment waits here and finds it done.
    if (await ledger.boxes.revoke(boxId, cloud.world.nowMs())) {
      const taken = await journalEnd(ledger, boxId);
      const end = await lockCloudJournal(ledger);
      await appendToCloudJournal(cloud, ledger, end, [
        { kind: 'box-revoked', body: { box: boxId, ...taken } },
      ]);
    }
    const record = await ledger.boxes.read(boxId);
    if (!record) throw boxUnknown(boxId);
    const { box, ed25519PublicKey, ...rest } = record;
    return { boxId: box, ed25519PublicKey: toHex(ed25519PublicKey), ...rest };
  });
}

/** Where the newest epoch of this box's journal ends. */
async function journalEnd(
  { journals }: Ledger,
  box: BoxId,
): Promise<{ readonly epoch: Epoch; readonly seq: Seq }> {
  const newest = (await journals.heads(box)).at(-1);
  return newest ? { epoch: newest.epoch, seq: newest.seq } : UNUSED;
}

const UNUSED = { epoch: 1 as Epoch, seq: 0 as Seq };

/**
 * Keeps a box as it is until the transaction is over: whoever takes something from it that must not lie behind its
 * revocation. Many may hold one box. @throws Fault `box-unknown`
 */
export async function holdBox({ boxes }: Ledger, boxId: BoxId): Promise<'enrolled' | 'revoked'> {
  const state = await boxes.hold(boxId);
  if (state === undefined) throw boxUnknown(boxId);
  return state;
}

export async function boxRow(
  tx: TenantTransaction,
  eventId: EventId,
  boxId: BoxId,
): Promise<typeof edge.$inferSelect | undefined> {
  const [row] = await tx.db
    .select()
    .from(edge)
    .where(thisBox(tx, eventId, boxId));
  return row;
}

function boxUnknown(boxId: BoxId): Fault {
  return new Fault('box-unknown', 'Give the number of a box of this event.', { detail: { boxId } });
}

const thisBox = (tx: TenantTransaction, eventId: EventId, boxId: BoxId) =>
  and(eq(edge.tenantId, tx.tenantId), eq(edge.eventId, eventId), eq(edge.boxId, boxId));

function asBox(row: typeof edge.$inferSelect): Box {
  return {
    boxId: BoxId.parse(row.boxId),
    name: row.name,
    state: row.state,
    ed25519PublicKey: toHex(row.ed25519PublicKey),
    enrolledAtMs: row.enrolledAt.getTime(),
    revokedAtMs: row.revokedAt?.getTime() ?? null,
  };
}
