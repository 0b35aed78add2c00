/** Staff block a wristband: lost, stolen, misused. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { ChipUid, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { isClaim, readOwned } from './claim.ts';
import { appendToCloudJournal, lockCloudJournal } from './cloud-journal.ts';

export const BlockRequest = z.strictObject({ reason: z.enum(['lost', 'staff']) });
export const Blocked = z.strictObject({
  /** Where the cloud's journal ends with it: a box whose cursor is there obeys it. */
  cloudSeq: z.int(),
  /** It was blocked before; nothing was written. */
  already: z.boolean(),
});

/** @throws Fault `wristband-unknown` */
export function blockWristband(
  cloud: Pick<Cloud, 'store' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
  uid: ChipUid,
  reason: 'lost' | 'staff',
): Promise<z.infer<typeof Blocked>> {
  return cloud.store.within(tenantId, eventId, async ledger => {
    const chip = (await ledger.chips.read([uid], 'locked')).get(uid);
    if (!chip || isClaim(chip, await readOwned(ledger, [chip]))) {
      throw new Fault('wristband-unknown', 'Give the UID of a wristband of this event.', { detail: { uid } });
    }
    const end = await lockCloudJournal(ledger);
    if (chip.blocked) return { cloudSeq: end.seq, already: true };
    const { wallet, generation } = chip;
    const drafts = [{ kind: 'blocked', body: { uid, wallet, generation, reason } }] as const;
    const written = await appendToCloudJournal(cloud, ledger, end, drafts);
    return { cloudSeq: written.at(-1)?.seq ?? end.seq, already: false };
  });
}
