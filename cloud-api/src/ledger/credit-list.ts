/** Numbers credits: each goes to the end of its wallet's list in the current generation, and each reference counts once. */
import type { EventId, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { MAX_CREDIT_NUMBER } from '@pulsera/firmware-protocol/purse/image';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { CreditOrder } from './order.ts';

export interface Numbered {
  readonly drafts: readonly Extract<Draft, { kind: 'credited' }>[];
  /** No room in the list, or no such wallet. */
  readonly refused: readonly CreditOrder[];
}

const referenceKey = ({ source, reference }: Pick<CreditOrder, 'source' | 'reference'>) =>
  `${source} ${reference}`;

/** References that are listed already are left out. The cloud's journal must be locked. */
export async function numberCredits(
  tx: TenantTransaction,
  eventId: EventId,
  orders: readonly CreditOrder[],
): Promise<Numbered> {
  if (orders.length === 0) return { drafts: [], refused: [] };
  const listed = await listedReferences(tx, eventId, orders);
  const ends = await listEnds(tx, eventId, [...new Set(orders.map(({ wallet }) => wallet))]);
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
    end.number += 1;
    drafts.push({ kind: 'credited', body: { ...order, generation: end.generation, number: end.number } });
  }
  return { drafts, refused };
}

async function listedReferences(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  orders: readonly CreditOrder[],
): Promise<Set<string>> {
  const { rows } = await client.query(
    `SELECT source, reference FROM wallet_credit WHERE tenant_id = $1 AND event_id = $2
     AND (source, reference) IN (SELECT * FROM unnest($3::text[], $4::text[]))`,
    [tenantId, eventId, orders.map(({ source }) => source), orders.map(({ reference }) => reference)],
  );
  return new Set(rows.map(referenceKey));
}

/** In the generation of the wallet's newest wristband; what unregistered chips claim counts only where there is none. */
async function listEnds(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  wallets: readonly WalletId[],
): Promise<Map<string, { generation: Generation; number: number }>> {
  const { rows } = await client.query(
    `SELECT c.wallet, c.generation, (
       SELECT coalesce(max(w.number), 0) FROM wallet_credit w
       WHERE w.tenant_id = $1 AND w.event_id = $2 AND w.wallet = c.wallet AND w.generation = c.generation
     )::int AS number
     FROM (
       SELECT wallet, coalesce(max(generation) FILTER (WHERE registered), max(generation)) AS generation FROM chip_state
       WHERE tenant_id = $1 AND event_id = $2 AND wallet = ANY($3::text[]) GROUP BY wallet
     ) AS c`,
    [tenantId, eventId, wallets],
  );
  return new Map(rows.map(row => [row.wallet, { generation: row.generation, number: row.number }]));
}

/** One list, in order. */
export async function readCredits(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  wallet: WalletId,
  generation: Generation,
): Promise<Credit[]> {
  const { rows } = await client.query(
    `SELECT number, main_minor, bonus_minor FROM wallet_credit
     WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 AND generation = $4 ORDER BY number`,
    [tenantId, eventId, wallet, generation],
  );
  return rows.map(row => ({
    number: row.number,
    mainMinor: Number(row.main_minor),
    bonusMinor: Number(row.bonus_minor),
  }));
}
