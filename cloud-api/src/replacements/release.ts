/**
 * Lets go what was held back from replaced wristbands, when it may be. Asked whenever a box says how far it obeys the cloud's
 * journal, before that box gets its answer, and when a box was revoked: whoever is cut off by a crash in between asks again. So
 * no timer has to remember anything.
 */
import type { EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { Cloud } from '../context.ts';
import { lockCloudJournal } from '../ledger/cloud-journal.ts';
import type { Replacement } from '../ledger/store/replacements.ts';
import type { Ledger } from '../ledger/store/store.ts';
import { moveBalance, noRoom } from './move-balance.ts';

type Releasing = Pick<Cloud, 'store' | 'signer' | 'world'>;

/** Each in a transaction of its own. @throws Fault `database-unavailable`: ask again, what is done stays done */
export async function releaseHeld(cloud: Releasing, tenantId: TenantId, eventId: EventId): Promise<void> {
  const due = await cloud.store.within(tenantId, eventId, readDue);
  for (const replacement of due) {
    await cloud.store.within(tenantId, eventId, ledger => release(cloud, ledger, replacement));
  }
}

/** Blocked before the point that every box obeys. */
async function readDue({ boxes, replacements }: Ledger): Promise<Replacement[]> {
  const furthest = (await boxes.obeying()).map(({ obeyedSeq }) => obeyedSeq);
  return replacements.held(Math.min(Number.MAX_SAFE_INTEGER, ...furthest));
}

async function release(cloud: Releasing, ledger: Ledger, replacement: Replacement): Promise<void> {
  if ((await moveBalance(cloud, ledger, replacement, 'released')) !== 'full') return;
  await lockCloudJournal(ledger);
  await ledger.cases.file([noRoom(replacement)], cloud.world.nowMs());
}
