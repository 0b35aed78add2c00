import type { BoxId, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import { refText } from '../../chip-state.ts';
import type { RightMoved } from '../../reversal-rights.ts';
import type { SaleReversal } from '../../reversals.ts';
import type { SaleReversals } from '../sale-reversals.ts';
import type { EventTransaction } from './event-transaction.ts';
import { asRef, refColumns } from './ref-columns.ts';

export const saleReversalRows = (at: EventTransaction): SaleReversals => ({
  note: reversals => note(at, reversals),
  of: sales => readReversals(at, sales),
  moveRights: moves => moveRights(at, moves),
  rights: sales => readRights(at, sales),
});

async function note(
  { client, tenantId, eventId }: EventTransaction,
  reversals: readonly SaleReversal[],
): Promise<void> {
  await client.query(
    `INSERT INTO sale_reversal
       (tenant_id, event_id, sale_box, sale_epoch, sale_seq, box_id, epoch, seq, uid, amount_minor, status)
     SELECT $1, $2, * FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[],
       $9::text[], $10::bigint[], $11::text[])
     ON CONFLICT (tenant_id, event_id, sale_box, sale_epoch, sale_seq, box_id, epoch, seq)
     DO UPDATE SET status = excluded.status`,
    [
      tenantId,
      eventId,
      ...refColumns(reversals.map(({ sale }) => sale)),
      ...refColumns(reversals.map(({ ref }) => ref)),
      reversals.map(({ uid }) => uid),
      reversals.map(({ amountMinor }) => amountMinor),
      reversals.map(({ status }) => status),
    ],
  );
}

async function readReversals(
  { client, tenantId, eventId }: EventTransaction,
  sales: readonly TapRef[],
): Promise<SaleReversal[]> {
  const { rows } = await client.query(
    `SELECT sale_box, sale_epoch, sale_seq, box_id, epoch, seq, uid, amount_minor, status FROM sale_reversal
     WHERE tenant_id = $1 AND event_id = $2
       AND (sale_box, sale_epoch, sale_seq) IN (SELECT * FROM unnest($3::int[], $4::bigint[], $5::bigint[]))`,
    [tenantId, eventId, ...refColumns(sales)],
  );
  return rows.map(row => ({
    sale: asRef(row.sale_box, row.sale_epoch, row.sale_seq),
    ref: asRef(row.box_id, row.epoch, row.seq),
    uid: row.uid,
    amountMinor: Number(row.amount_minor),
    status: row.status,
  }));
}

async function readRights(
  { client, tenantId, eventId }: EventTransaction,
  sales: readonly TapRef[],
): Promise<ReadonlyMap<string, readonly RightMoved[]>> {
  const moves = new Map<string, RightMoved[]>();
  if (sales.length === 0) return moves;
  const { rows } = await client.query(
    `SELECT sale_box, sale_epoch, sale_seq, seq, holder FROM reversal_right
     WHERE tenant_id = $1 AND event_id = $2
       AND (sale_box, sale_epoch, sale_seq) IN (SELECT * FROM unnest($3::int[], $4::bigint[], $5::bigint[]))
     ORDER BY seq`,
    [tenantId, eventId, ...refColumns(sales)],
  );
  for (const row of rows) {
    const sale = refText(asRef(row.sale_box, row.sale_epoch, row.sale_seq));
    const moved = { seq: Number(row.seq) as Seq, holder: row.holder as BoxId | null };
    moves.set(sale, [...(moves.get(sale) ?? []), moved]);
  }
  return moves;
}

async function moveRights(
  { client, tenantId, eventId }: EventTransaction,
  moves: readonly (RightMoved & { readonly sale: TapRef })[],
): Promise<void> {
  if (moves.length === 0) return;
  await client.query(
    `INSERT INTO reversal_right (tenant_id, event_id, sale_box, sale_epoch, sale_seq, seq, holder)
     SELECT $1, $2, * FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[])`,
    [
      tenantId,
      eventId,
      ...refColumns(moves.map(({ sale }) => sale)),
      moves.map(({ seq }) => seq),
      moves.map(({ holder }) => holder),
    ],
  );
}
