/** When each box was heard last. Written at most every few seconds: it is asked only whether a box is there. */
import type { BoxId, EventId } from '@pulsera/firmware-protocol/ids';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import type { EdgeIdentity } from './ticket.ts';

/** A box asks for its plan every ten seconds. Three times nothing, and it is cut off. */
export const CUT_OFF_AFTER_MS = 30_000;
const NOTED_EVERY_MS = 5_000;
/** Boxes of all events that one process remembers having noted; beyond that it begins anew. */
const REMEMBERED = 10_000;

/** @returns notes that a box was heard; to be called with each of its requests, once it is known for who it is */
export function contactNotes({ pool, world }: Pick<Cloud, 'pool' | 'world'>) {
  const noted = new Map<string, number>();
  return async ({ tenantId, eventId, boxId }: EdgeIdentity): Promise<void> => {
    const nowMs = world.nowMs();
    const box = `${tenantId}/${eventId}/${boxId}`;
    const before = noted.get(box);
    if (before !== undefined && nowMs - before < NOTED_EVERY_MS) return;
    if (noted.size >= REMEMBERED) noted.clear();
    noted.set(box, nowMs);
    await withTenant(pool, tenantId, tx =>
      tx.client.query(
        `INSERT INTO box_contact (tenant_id, event_id, box_id, heard_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, event_id, box_id)
         DO UPDATE SET heard_ms = greatest(box_contact.heard_ms, excluded.heard_ms)`,
        [tenantId, eventId, boxId, nowMs],
      ),
    );
  };
}

export interface Heard {
  readonly box: BoxId;
  /** Epoch milliseconds by the cloud's clock; null: never. */
  readonly heardMs: number | null;
}

/** Of every box that is enrolled and not revoked, by number. */
export async function readHeard({ client, tenantId }: TenantTransaction, eventId: EventId): Promise<Heard[]> {
  const { rows } = await client.query<{ box_id: number; heard_ms: string | null }>(
    `SELECT e.box_id, c.heard_ms FROM edge e
     LEFT JOIN box_contact c ON c.tenant_id = e.tenant_id AND c.event_id = e.event_id AND c.box_id = e.box_id
     WHERE e.tenant_id = $1 AND e.event_id = $2 AND e.state = 'enrolled' ORDER BY e.box_id`,
    [tenantId, eventId],
  );
  return rows.map(({ box_id, heard_ms }) => ({
    box: box_id as BoxId,
    heardMs: heard_ms === null ? null : Number(heard_ms),
  }));
}

export const isCutOff = ({ heardMs }: Pick<Heard, 'heardMs'>, nowMs: number): boolean =>
  heardMs === null || nowMs - heardMs > CUT_OFF_AFTER_MS;
