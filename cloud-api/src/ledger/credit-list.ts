/** Numbers credits: each goes to the end of its wallet's list in the current generation, and each reference counts once. */
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { MAX_CREDIT_NUMBER } from '@pulsera/firmware-protocol/purse/image';
import type { CreditOrder } from './order.ts';
import type { Ledger } from './store/store.ts';

export interface Numbered {
  readonly drafts: readonly Extract<Draft, { kind: 'credited' }>[];
  /** No room in the list, or no such wallet. */
  readonly refused: readonly CreditOrder[];
}

const referenceKey = ({ source, reference }: Pick<CreditOrder, 'source' | 'reference'>) =>
  `${source} ${reference}`;

/** References that are listed already are left out. The cloud's journal must be locked. */
export async function numberCredits({ credits }: Ledger, orders: readonly CreditOrder[]): Promise<Numbered> {
  if (orders.length === 0) return { drafts: [], refused: [] };
  const listed = new Set((await credits.byReference(orders)).map(referenceKey));
  const ends = new Map(await credits.ends([...new Set(orders.map(({ wallet }) => wallet))]));
  const drafts: Numbered['drafts'][number][] = [];
  const refused: CreditOrder[] = [];
  for (const order of orders) {
    const key = referenceKey(order);
    if (listed.has(key)) continue;
    listed.add(key);
    const end = ends.get(order.wallet);
    if (!end || end.number >= MAX_CREDIT_NUMBER) {
      refused.push(order);
      continue;
    }
    const next = { ...end, number: end.number + 1 };
    ends.set(order.wallet, next);
    drafts.push({ kind: 'credited', body: { ...order, ...next } });
  }
  return { drafts, refused };
}
