/**
 * Entries into the journal table. COPY is refused under row level security, so a batch is one INSERT from arrays; the
 * bytes go as one binary parameter and are cut up there, since an array of byteas would travel as hex text.
 */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { arrayLiteral } from '../../../database/array-literal.ts';
import type { JournalKey, JournalRow } from '../journals.ts';
import type { EventTransaction } from './event-transaction.ts';

const HASH_BYTES = 32;

const INSERT_ROWS = `
  INSERT INTO journal (tenant_id, event_id, box_id, epoch, seq, kind, uid, wall_ms, content, hash)
  SELECT $1::int, $2::int, $3::int, $4::bigint, $5::bigint + n - 1, kind, uid, wall_ms,
    substring($6::bytea FROM at FOR length), substring($7::bytea FROM (32 * n - 31)::int FOR 32)
  FROM unnest($8::text[], $9::text[], $10::bigint[], $11::int[], $12::int[])
    WITH ORDINALITY AS row (kind, uid, wall_ms, at, length, n)`;

export async function insertRows(
  { client, tenantId, eventId }: EventTransaction,
  { box, epoch }: JournalKey,
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
    sideBySide(rows.map(({ hash }) => hash)),
    arrayLiteral(rows.map(({ kind }) => kind)),
    arrayLiteral(rows.map(({ uid }) => uid)),
    arrayLiteral(rows.map(({ wallMs }) => wallMs)),
    arrayLiteral(at),
    arrayLiteral(lengths),
  ]);
}

/** Byte strings as one, with where each begins (from 1, as SQL counts) and how long it is. */
export function joined(parts: readonly Uint8Array[]): { blob: Buffer; at: number[]; lengths: number[] } {
  const asTheyAre = whereTheyStand(parts);
  if (asTheyAre) return asTheyAre;
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

/** Hashes are found by their number: nothing may stand between them. */
function sideBySide(hashes: readonly Uint8Array[]): Buffer {
  const { blob } = joined(hashes);
  return blob.length === HASH_BYTES * hashes.length ? blob : Buffer.concat(hashes);
}

/** A frame's own bytes between two contents: the head of a byte string of at most 64 KB. */
const LARGEST_GAP = 5;

/**
 * The same without a copy, where the byte strings stand in one piece of memory in their order and almost nothing between
 * them, as the contents of a batch do.
 */
function whereTheyStand(parts: readonly Uint8Array[]): ReturnType<typeof joined> | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const at: number[] = [];
  const lengths: number[] = [];
  let end = first.byteOffset;
  for (const { buffer, byteOffset, length } of parts) {
    if (buffer !== first.buffer || byteOffset < end || byteOffset > end + LARGEST_GAP) return undefined;
    at.push(byteOffset - first.byteOffset + 1);
    lengths.push(length);
    end = byteOffset + length;
  }
  return { blob: Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset), at, lengths };
}
