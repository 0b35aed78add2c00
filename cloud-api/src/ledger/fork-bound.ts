/**
 * What a fork can have cost at most. Filed with the case is what the lesser branches spent and what their chips still hold. A box
 * that doesn't obey the block yet may besides have sold against a copy of its own, all that the copied image held and could load:
 * each such box counts once, since a box that has seen one copy declines the next (`image-stale`, `image-forked`). How many there are
 * changes with every cursor that comes in, so the sum is made when it is read.
 *
 * The plan's chip cap isn't in it: it limits a top-up, not what a chip pays.
 */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { type ChipUid, CLOUD_BOX, type EventId, type Seq } from '@pulsera/firmware-protocol/ids';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { Case } from './cases.ts';
import { mayStillSpend } from './held.ts';
import { readObeyed } from './obeyed.ts';

/** Of the branches that aren't the guest's own. */
export interface KnownLoss {
  readonly spentMinor: number;
  /** On their ends: it can be spent only where the block isn't obeyed. */
  readonly leftMinor: number;
}

/** Pure. @param perBoxMinor what one copy can spend @param boxes that may not obey the block yet */
export function forkBoundMinor(
  { spentMinor, leftMinor }: KnownLoss,
  perBoxMinor: number,
  boxes: number,
): number {
  return boxes === 0 ? spentMinor : spentMinor + leftMinor + boxes * perBoxMinor;
}

/** Open forks with their bound as it is now; all other cases as they are. */
export async function withForkBounds(
  tx: TenantTransaction,
  eventId: EventId,
  cases: readonly Case[],
): Promise<Case[]> {
  const uids = cases.flatMap(found => (openFork(found) && found.uid !== null ? [found.uid] : []));
  if (uids.length === 0) return [...cases];
  const boxes = await readObeyed(tx, eventId);
  const blocks = await readBlocks(tx, eventId, uids);
  const credits = await readCreditsOf(tx, eventId, uids);
  return cases.map(found => {
    const fork = openFork(found);
    if (!fork || found.uid === null) return found;
    const { balanceMinor, bonusMinor, creditNumber } = imageFields(fromHex(fork.before));
    const loadableMinor = (credits.get(found.uid) ?? [])
      .filter(({ number }) => number > creditNumber)
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    const perBoxMinor = balanceMinor + bonusMinor + loadableMinor;
    // Never blocked: no box obeys what isn't said.
    const blockSeq = blocks.get(found.uid) ?? (Number.MAX_SAFE_INTEGER as Seq);
    const boxesNotSynced = mayStillSpend(blockSeq, boxes).length;
    return {
      ...found,
      detail: { ...found.detail, perBoxMinor, boxesNotSynced },
      lossBoundMinor: forkBoundMinor(fork, perBoxMinor, boxesNotSynced),
    };
  });
}

function openFork({ kind, state, detail }: Case): (KnownLoss & { readonly before: string }) | undefined {
  if (kind !== 'fork' || state !== 'open') return undefined;
  const { before, spentMinor, leftMinor } = detail;
  if (typeof before !== 'string' || typeof spentMinor !== 'number' || typeof leftMinor !== 'number') {
    return undefined;
  }
  return { before, spentMinor, leftMinor };
}

/** Where the cloud's journal first takes each of these chips out of use. */
async function readBlocks(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  uids: readonly ChipUid[],
): Promise<Map<ChipUid, Seq>> {
  const { rows } = await client.query<{ uid: ChipUid; seq: string }>(
    `SELECT uid, min(seq) AS seq FROM journal
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[]) AND box_id = $4 AND kind = 'blocked'
     GROUP BY uid`,
    [tenantId, eventId, uids, CLOUD_BOX],
  );
  return new Map(rows.map(({ uid, seq }) => [uid, Number(seq) as Seq]));
}

interface ListedAmount {
  readonly number: number;
  readonly amountMinor: number;
}

/** The credit list of each of these chips, main and bonus together. */
async function readCreditsOf(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  uids: readonly ChipUid[],
): Promise<Map<ChipUid, ListedAmount[]>> {
  const { rows } = await client.query<{ uid: ChipUid; number: number; amount_minor: string }>(
    `SELECT c.uid, w.number, w.main_minor + w.bonus_minor AS amount_minor FROM chip_state c
     JOIN wallet_credit w ON w.tenant_id = c.tenant_id AND w.event_id = c.event_id
       AND w.wallet = c.wallet AND w.generation = c.generation
     WHERE c.tenant_id = $1 AND c.event_id = $2 AND c.uid = ANY($3::text[])`,
    [tenantId, eventId, uids],
  );
  const lists = Map.groupBy(rows, ({ uid }) => uid);
  const asAmount = ({ number, amount_minor }: (typeof rows)[number]): ListedAmount => ({
    number,
    amountMinor: Number(amount_minor),
  });
  return new Map([...lists].map(([uid, list]) => [uid, list.map(asAmount)]));
}
