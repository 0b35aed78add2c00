/**
 * Entries into the journal table. COPY is refused under row level security, so a batch is one INSERT from arrays; the
 * bytes go as one binary parameter and are cut up there, since an array of byteas would travel as hex text.
 */
import type { BoxId, ChipUid, Epoch, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import { arrayLiteral } from '../database/array-literal.ts';
import type { TenantTransaction } from '../database/with-tenant.ts';

export interface JournalRow {
  readonly kind: string;
  readonly uid: ChipUid | null;
  readonly wallMs: number;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

/** One journal of an event. */
export interface JournalKey {
  readonly eventId: EventId;
  readonly box: BoxId;
  readonly epoch: Epoch;
}

export const INSERT_ROWS = `
  INSERT INTO journal (tenant_id, event_id, box_id, epoch, seq, kind, uid, wall_ms, content, hash)
  SELECT $1::int, $2::int, $3::int, $4::bigint, $5::bigint + n - 1, kind, uid, wall_ms,
    substring($6::bytea FROM at FOR length), substring($7::bytea FROM (32 * n - 31)::int FOR 32)
  FROM unnest($8::text[], $9::text[], $10::bigint[], $11::int[], $12::int[])
    WITH ORDINALITY AS row (kind, uid, wall_ms, at, length, n)`;

/** @param fromSeq of the first row; the others follow. The journal's head must be locked. */
export async function insertRows(
  { client, tenantId }: TenantTransaction,
  { eventId, box, epoch }: JournalKey,
  fromSeq: Seq,
  rows: readonly JournalRow[],
): Promise<void> {
  const { blob, at, lengths } = joined(rows.map(({ content }) => content));
  await client.query(INSERT_ROWS, [
    tenantId,
    eventId,
    box,
    epoch,
    fromSeq,
    blob,
    joined(rows.map(({ hash }) => hash)).blob,
    arrayLiteral(rows.map(({ kind }) => kind)),
    arrayLiteral(rows.map(({ uid }) => uid)),
    arrayLiteral(rows.map(({ wallMs }) => wallMs)),
    arrayLiteral(at),
    arrayLiteral(lengths),
  ]);
}

/** Byte strings as one, with where each begins (from 1, as SQL counts) and how long it is. */
export function joined(parts: readonly Uint8Array[]): { blob: Buffer; at: number[]; lengths: number[] } {
  const at: number[] = [];
  const lengths: number[] = [];
  let next = 1;
  for (const { length } of parts) {
    at.push(next);
    lengths.push(length);
    next += length;
  }
  return { blob: Buffer.concat(parts), at, lengths };
}
