/**
 * How far each box obeys the cloud's journal, by its own journal as far as that is in. From the entry that says so on, a
 * block or a replacement is known at that box, but for taps that were being decided at that very moment; what it did before
 * lies in the cloud already.
 */
import type { BoxId, Epoch, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import type { Entry } from '@pulsera/firmware-protocol/journal/entry';
import type { TenantTransaction } from '../database/with-tenant.ts';

/**
 * What these entries say, after `before`. A tap says it too: a box that opens a new epoch goes on with what it holds, and
 * has no new cursor to journal until the cloud's journal grows.
 */
export function obeyedBy(entries: readonly Entry[], before: Seq): Seq {
  let furthest = before;
  for (const { kind, body } of entries) {
    const seq = kind === 'cloud-cursor' ? body.seq : kind === 'tap' ? body.cloudSeq : furthest;
    if (seq > furthest) furthest = seq;
  }
  return furthest;
}

/** Whether these entries may let something go that waits for their box. Of taps only where an epoch went on from another. */
export function saysHowFar(epoch: Epoch, entries: readonly Entry[]): boolean {
  return entries.some(({ kind }) => kind === 'cloud-cursor' || (epoch > 1 && kind === 'tap'));
}

export interface Obeying {
  readonly box: BoxId;
  /** 0 when nothing is known: no journal yet, or its newest epoch is forked. */
  readonly obeyedSeq: Seq;
}

/** Every box that may be selling, by number: enrolled and not revoked. What counts is its newest epoch. */
export async function readObeyed(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
): Promise<Obeying[]> {
  const { rows } = await client.query<{ box_id: number; obeyed_seq: string | null }>(
    `SELECT e.box_id, h.obeyed_seq FROM edge e
     LEFT JOIN LATERAL (
       SELECT CASE state WHEN 'open' THEN obeyed_seq END AS obeyed_seq FROM journal_head
       WHERE tenant_id = $1 AND event_id = $2 AND box_id = e.box_id ORDER BY epoch DESC LIMIT 1
     ) h ON true
     WHERE e.tenant_id = $1 AND e.event_id = $2 AND e.state = 'enrolled' ORDER BY e.box_id`,
    [tenantId, eventId],
  );
  return rows.map(row => ({ box: row.box_id as BoxId, obeyedSeq: Number(row.obeyed_seq ?? 0) as Seq }));
}
