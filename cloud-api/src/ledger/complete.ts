/**
 * Once all journals are in, an image that nobody wrote was forged: the check that turns gaps into cases. Before that a gap
 * only says that some box's journal is still on its way, so it is run when staff say that none is.
 */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, EventId, TenantId, WalletId } from '@pulsera/firmware-protocol/ids';
import { gaps } from '@pulsera/firmware-protocol/purse/graph';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import type { CaseDraft } from './case.ts';
import { readChips } from './chip-rows.ts';
import { type ChipState, refText } from './chip-state.ts';
import { isClaim, readOwned } from './claim.ts';
import { fulfil } from './fulfil.ts';
import type { Order } from './order.ts';

const PAGE = 1000;

/** Pure: what is forged about one chip when no journal is missing. */
export function forgeriesOf(
  chip: ChipState,
  owned: ReadonlySet<WalletId>,
): {
  readonly cases: readonly CaseDraft[];
  readonly orders: readonly Order[];
} {
  const { uid, wallet, generation, blocked, graph } = chip;
  const cases = gaps(graph).map(({ ref, before }): CaseDraft => {
    const { balanceMinor, bonusMinor } = imageFields(fromHex(before ?? ''));
    return {
      kind: 'forgery',
      subject: refText(ref),
      uid,
      refs: [ref],
      detail: { before: before ?? '' },
      // What the forged image claimed to hold is what could be spent from it.
      lossBoundMinor: balanceMinor + bonusMinor,
    };
  });
  const block: Order = { kind: 'blocked', body: { uid, wallet, generation, reason: 'forgery' } };
  return { cases, orders: cases.length === 0 || blocked || isClaim(chip, owned) ? [] : [block] };
}

/** Over all chips of the event, some at a time. @returns how many chips were looked at, and how many had a gap */
export async function completeJournals(
  cloud: Pick<Cloud, 'pool' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
): Promise<{ chips: number; forged: number }> {
  let chips = 0;
  let forged = 0;
  for (let after = ''; ; ) {
    const page = await withTenant(cloud.pool, tenantId, tx => completePage(cloud, tx, eventId, after));
    chips += page.chips;
    forged += page.forged;
    if (page.last === undefined) return { chips, forged };
    after = page.last;
  }
}

async function completePage(
  cloud: Pick<Cloud, 'signer' | 'world'>,
  tx: TenantTransaction,
  eventId: EventId,
  after: string,
): Promise<{ chips: number; forged: number; last: string | undefined }> {
  const { rows } = await tx.client.query<{ uid: ChipUid }>(
    `SELECT uid FROM chip_state WHERE tenant_id = $1 AND event_id = $2 AND uid > $3 ORDER BY uid LIMIT $4`,
    [tx.tenantId, eventId, after, PAGE],
  );
  const chips = await readChips(
    tx,
    eventId,
    rows.map(({ uid }) => uid),
    'locked',
  );
  const owned = await readOwned(tx, eventId, chips.values());
  const found = [...chips.values()]
    .map(chip => forgeriesOf(chip, owned))
    .filter(({ cases }) => cases.length > 0);
  await fulfil(cloud, tx, eventId, {
    cases: found.flatMap(({ cases }) => cases),
    orders: found.flatMap(({ orders }) => orders),
  });
  return { chips: rows.length, forged: found.length, last: rows.at(-1)?.uid };
}
