import type { BoxId } from '@pulsera/firmware-protocol/ids';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import type { Balance, Balances } from '../balances.ts';
import type { EventTransaction } from './event-transaction.ts';

export const balanceRows = (at: EventTransaction): Balances => ({
  add: (box, deltas) => add(at, box, deltas),
  all: () => readAll(at),
  withoutChips: accounts => readWithoutChips(at, accounts),
});

async function add(
  { client, tenantId, eventId }: EventTransaction,
  box: BoxId,
  deltas: ReadonlyMap<Account, number>,
): Promise<void> {
  // In one order everywhere, so that two transactions never hold what the other waits for.
  const moved = [...deltas]
    .filter(([, amountMinor]) => amountMinor !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (moved.length === 0) return;
  await client.query(
    `INSERT INTO balance AS held (tenant_id, event_id, account, box_id, amount_minor)
     SELECT $1, $2, account, $3, amount_minor FROM unnest($4::text[], $5::bigint[]) AS moved (account, amount_minor)
     ON CONFLICT (tenant_id, event_id, account, box_id)
     DO UPDATE SET amount_minor = held.amount_minor + excluded.amount_minor`,
    [tenantId, eventId, box, moved.map(([account]) => account), moved.map(([, amountMinor]) => amountMinor)],
  );
}

async function readAll({ client, tenantId, eventId }: EventTransaction): Promise<Balance[]> {
  const { rows } = await client.query(
    `SELECT account, sum(amount_minor)::bigint AS amount_minor FROM (
       SELECT account, amount_minor FROM balance WHERE tenant_id = $1 AND event_id = $2
       UNION ALL
       SELECT 'wallet-main:' || wallet, main_minor FROM chip_state WHERE tenant_id = $1 AND event_id = $2
       UNION ALL
       SELECT 'wallet-bonus:' || wallet, bonus_minor FROM chip_state WHERE tenant_id = $1 AND event_id = $2
     ) AS shares GROUP BY account HAVING sum(amount_minor) <> 0 ORDER BY account COLLATE "C"`,
    [tenantId, eventId],
  );
  return rows.map(row => ({ account: row.account, amountMinor: Number(row.amount_minor) }));
}

async function readWithoutChips(
  { client, tenantId, eventId }: EventTransaction,
  accounts: readonly Account[],
): Promise<Map<Account, number>> {
  const { rows } = await client.query(
    `SELECT account, sum(amount_minor)::bigint AS amount_minor FROM balance
     WHERE tenant_id = $1 AND event_id = $2 AND account = ANY($3::text[]) GROUP BY account`,
    [tenantId, eventId, accounts],
  );
  return new Map(rows.map(row => [row.account, Number(row.amount_minor)]));
}
