import type { BoxId, Seq } from '@pulsera/firmware-protocol/ids';
import type { Boxes, BoxRecord, Heard, Obeying } from '../boxes.ts';
import type { EventTransaction } from './event-transaction.ts';

export const boxRows = (at: EventTransaction): Boxes => ({
  read: box => read(at, box),
  hold: box => hold(at, box),
  revoke: (box, nowMs) => revoke(at, box, nowMs),
  obeying: () => readObeying(at),
  heard: () => readHeard(at),
  noteHeard: (box, nowMs) => noteHeard(at, box, nowMs),
});

const THIS_BOX = 'WHERE tenant_id = $1 AND event_id = $2 AND box_id = $3';

async function read(
  { client, tenantId, eventId }: EventTransaction,
  box: BoxId,
): Promise<BoxRecord | undefined> {
  const { rows } = await client.query(
    `SELECT name, state, ed25519_public_key, enrolled_at, revoked_at FROM edge ${THIS_BOX}`,
    [tenantId, eventId, box],
  );
  const [row] = rows;
  return (
    row && {
      box,
      name: row.name,
      state: row.state,
      ed25519PublicKey: row.ed25519_public_key,
      enrolledAtMs: row.enrolled_at.getTime(),
      revokedAtMs: row.revoked_at?.getTime() ?? null,
    }
  );
}

async function hold(
  { client, tenantId, eventId }: EventTransaction,
  box: BoxId,
): Promise<BoxRecord['state'] | undefined> {
  const { rows } = await client.query<Pick<BoxRecord, 'state'>>(
    `SELECT state FROM edge ${THIS_BOX} FOR SHARE`,
    [tenantId, eventId, box],
  );
  return rows[0]?.state;
}

async function revoke(
  { client, tenantId, eventId }: EventTransaction,
  box: BoxId,
  nowMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE edge SET state = 'revoked', revoked_at = $4 ${THIS_BOX} AND state = 'enrolled'`,
    [tenantId, eventId, box, new Date(nowMs)],
  );
  return rowCount === 1;
}

async function readObeying({ client, tenantId, eventId }: EventTransaction): Promise<Obeying[]> {
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

async function readHeard({ client, tenantId, eventId }: EventTransaction): Promise<Heard[]> {
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

async function noteHeard(
  { client, tenantId, eventId }: EventTransaction,
  box: BoxId,
  nowMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO box_contact (tenant_id, event_id, box_id, heard_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant_id, event_id, box_id)
     DO UPDATE SET heard_ms = greatest(box_contact.heard_ms, excluded.heard_ms)`,
    [tenantId, eventId, box, nowMs],
  );
}
