/**
 * Lets go what was held back from replaced wristbands, when it may be. Asked whenever a box says how far it obeys the cloud's
 * journal, before that box gets its answer, and when a box was revoked: whoever is cut off by a crash in between asks again. So
 * no timer has to remember anything.
 */
import type { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { fileCases } from '../ledger/cases.ts';
import { lockCloudJournal } from '../ledger/cloud-journal.ts';
import { readObeyed } from '../ledger/obeyed.ts';
import { type Replacement, readHeld } from '../ledger/replacement-rows.ts';
import { moveBalance, noRoom } from './move-balance.ts';

type Releasing = Pick<Cloud, 'pool' | 'signer' | 'world'>;

/** Each in a transaction of its own. @throws Fault `database-unavailable`: ask again, what is done stays done */
export async function releaseHeld(cloud: Releasing, tenantId: TenantId, eventId: EventId): Promise<void> {
  const due = await withTenant(cloud.pool, tenantId, tx => readDue(tx, eventId));
  for (const replacement of due) {
    await withTenant(cloud.pool, tenantId, tx => release(cloud, tx, eventId, replacement));
  }
}

/** Blocked before the point that every box obeys. */
async function readDue(tx: TenantTransaction, eventId: EventId): Promise<Replacement[]> {
  const furthest = (await readObeyed(tx, eventId)).map(({ obeyedSeq }) => obeyedSeq);
  return readHeld(tx, eventId, Math.min(Number.MAX_SAFE_INTEGER, ...furthest));
}

async function release(
  cloud: Releasing,
  tx: TenantTransaction,
  eventId: EventId,
  replacement: Replacement,
): Promise<void> {
  if ((await moveBalance(cloud, tx, eventId, replacement, 'released')) !== 'full') return;
  await lockCloudJournal(tx, eventId);
  await fileCases(tx, eventId, [noRoom(replacement)], cloud.world.nowMs());
}
