import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import type { Quarantine, QuarantinedBatch } from '../quarantine.ts';
import type { EventTransaction } from './event-transaction.ts';

export const quarantineRows = (at: EventTransaction): Quarantine => ({
  keep: batch => keep(at, batch),
  all: () => readAll(at),
});

async function keep(
  { client, tenantId, eventId }: EventTransaction,
  { box, epoch, fromSeq, headHash, reason, receivedMs, batch }: QuarantinedBatch,
): Promise<void> {
  await client.query(
    `INSERT INTO quarantine (tenant_id, event_id, box_id, epoch, from_seq, head_hash, reason, received_ms, batch)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [tenantId, eventId, box, epoch, fromSeq, headHash, reason, receivedMs, batch],
  );
}

async function* readAll({ client, tenantId, eventId }: EventTransaction): AsyncGenerator<QuarantinedBatch> {
  const ofEvent = 'WHERE tenant_id = $1 AND event_id = $2';
  const { rows: listed } = await client.query(
    `SELECT box_id, epoch, from_seq, head_hash, reason, received_ms FROM quarantine ${ofEvent}
     ORDER BY received_ms, box_id, epoch, from_seq, head_hash`,
    [tenantId, eventId],
  );
  for (const { box_id, epoch, from_seq, head_hash, reason, received_ms } of listed) {
    const { rows } = await client.query<{ batch: Uint8Array }>(
      `SELECT batch FROM quarantine ${ofEvent} AND box_id = $3 AND epoch = $4 AND from_seq = $5 AND head_hash = $6`,
      [tenantId, eventId, box_id, epoch, from_seq, head_hash],
    );
    for (const { batch } of rows) {
      yield {
        box: box_id,
        epoch: Number(epoch) as Epoch,
        fromSeq: Number(from_seq) as Seq,
        headHash: head_hash,
        reason,
        receivedMs: Number(received_ms),
        batch,
      };
    }
  }
}
