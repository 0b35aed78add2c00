/** Whose the right to reverse a sale is, as the cloud's journal has moved it: `purse/reversal-right.ts`. */
import type { BoxId, EventId, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Entry } from '@pulsera/firmware-protocol/journal/entry';
import { bornRight, type ReversalRight } from '@pulsera/firmware-protocol/purse/reversal-right';
import type { TenantTransaction } from '../database/with-tenant.ts';
import { refText } from './chip-state.ts';
import { asRef, refColumns } from './ref-columns.ts';

/** An entry of the cloud's journal that moved a right. */
export interface RightMoved {
  readonly seq: Seq;
  /** Null: it was withdrawn. */
  readonly holder: BoxId | null;
}

/** The right after the entries up to `seq`. @param moves of this sale, in order */
export function rightAt(sale: TapRef, moves: readonly RightMoved[], seq: number): ReversalRight {
  let right = bornRight(sale);
  for (const moved of moves) {
    if (moved.seq > seq) break;
    right = { holder: moved.holder, last: moved.holder ?? right.last, seq: moved.seq };
  }
  return right;
}

/** How the cloud's journal moved the rights of these sales, each in order; by `refText` of the sale. */
export async function readRights(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
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

/** The part of the cloud's journal that moves rights. */
export async function listRights(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  entries: readonly Entry[],
): Promise<void> {
  const moves = entries.flatMap(entry => {
    if (entry.kind === 'reversal-withdrawn') return { of: entry.body.of, seq: entry.seq, holder: null };
    return entry.kind === 'reversal-granted'
      ? { of: entry.body.of, seq: entry.seq, holder: entry.body.to }
      : [];
  });
  if (moves.length === 0) return;
  await client.query(
    `INSERT INTO reversal_right (tenant_id, event_id, sale_box, sale_epoch, sale_seq, seq, holder)
     SELECT $1, $2, * FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[])`,
    [
      tenantId,
      eventId,
      ...refColumns(moves.map(({ of }) => of)),
      moves.map(({ seq }) => seq),
      moves.map(({ holder }) => holder),
    ],
  );
}
