/** Carries out what a decision asks of the cloud: entries in its journal, and cases. */
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import type { CaseDraft } from './case.ts';
import { appendToCloudJournal, lockCloudJournal, type Scribe } from './cloud-journal.ts';
import { numberCredits } from './credit-list.ts';
import type { CreditOrder, Order } from './order.ts';
import type { Ledger } from './store/store.ts';

/** Takes the lock of the cloud's journal only when there is something to do: most batches ask for nothing. */
export async function fulfil(
  scribe: Scribe,
  ledger: Ledger,
  { orders, cases }: { readonly orders: readonly Order[]; readonly cases: readonly CaseDraft[] },
): Promise<void> {
  if (orders.length === 0 && cases.length === 0) return;
  const end = await lockCloudJournal(ledger);
  const credits = orders.flatMap(order => (order.kind === 'credit' ? [order.credit] : []));
  const { drafts, refused } = await numberCredits(ledger, credits);
  const others = orders.filter(
    (order): order is Exclude<Order, { kind: 'credit' }> => order.kind !== 'credit',
  );
  await appendToCloudJournal(scribe, ledger, end, [...(others as Draft[]), ...drafts]);
  await ledger.cases.file([...cases, ...refused.map(stuck)], scribe.world.nowMs());
}

const stuck = ({ wallet, reference, mainMinor, bonusMinor }: CreditOrder): CaseDraft => ({
  kind: 'give-back-stuck',
  subject: reference,
  uid: null,
  refs: [],
  detail: { wallet, mainMinor, bonusMinor },
  lossBoundMinor: null,
});
