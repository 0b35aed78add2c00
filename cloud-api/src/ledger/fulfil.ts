/** Carries out what a decision asks of the cloud: entries in its journal, and cases. */
import type { EventId } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { CaseDraft } from './case.ts';
import { fileCases } from './cases.ts';
import { appendToCloudJournal, lockCloudJournal, type Scribe } from './cloud-journal.ts';
import { numberCredits } from './credit-list.ts';
import type { CreditOrder, Order } from './order.ts';

/** Takes the lock of the cloud's journal only when there is something to do: most batches ask for nothing. */
export async function fulfil(
  scribe: Scribe,
  tx: TenantTransaction,
  eventId: EventId,
  { orders, cases }: { readonly orders: readonly Order[]; readonly cases: readonly CaseDraft[] },
): Promise<void> {
  if (orders.length === 0 && cases.length === 0) return;
  const end = await lockCloudJournal(tx, eventId);
  const credits = orders.flatMap(order => (order.kind === 'credit' ? [order.credit] : []));
  const { drafts, refused } = await numberCredits(tx, eventId, credits);
  const others = orders.filter(
    (order): order is Exclude<Order, { kind: 'credit' }> => order.kind !== 'credit',
  );
  await appendToCloudJournal(scribe, tx, eventId, end, [...(others as Draft[]), ...drafts]);
  await fileCases(tx, eventId, [...cases, ...refused.map(stuck)], scribe.world.nowMs());
}

const stuck = ({ wallet, reference, mainMinor, bonusMinor }: CreditOrder): CaseDraft => ({
  kind: 'give-back-stuck',
  subject: reference,
  uid: null,
  refs: [],
  detail: { wallet, mainMinor, bonusMinor },
  lossBoundMinor: null,
});
