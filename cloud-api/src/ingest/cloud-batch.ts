/** A stretch of the cloud's journal as a batch, for boxes to take in. */
import type { EventId, Seq } from '@pulsera/firmware-protocol/ids';
import { CLOUD_BOX } from '@pulsera/firmware-protocol/ids';
import { genesis } from '@pulsera/firmware-protocol/journal/chain';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { TenantTransaction } from '../database/with-tenant.ts';
import { sha256 } from '../keys/sha256.ts';
import { CLOUD_EPOCH, cloudJournal, type Scribe } from '../ledger/cloud-journal.ts';
import { storedHash } from '../ledger/journal-head.ts';

/**
 * The entries after `after`, under a head that is signed for where this stretch ends.
 * @returns undefined when there is none
 */
export async function cloudBatch(
  { signer, world }: Scribe,
  tx: TenantTransaction,
  eventId: EventId,
  after: Seq,
  limit: number,
): Promise<Uint8Array | undefined> {
  const { rows } = await tx.client.query<{ content: Uint8Array; hash: Uint8Array }>(
    `SELECT content, hash FROM journal
     WHERE tenant_id = $1 AND event_id = $2 AND box_id = $3 AND epoch = $4 AND seq > $5 ORDER BY seq LIMIT $6`,
    [tx.tenantId, eventId, CLOUD_BOX, CLOUD_EPOCH, after, limit],
  );
  const last = rows.at(-1);
  if (!last) return undefined;
  const before =
    after === 0
      ? genesis(eventId, CLOUD_BOX, CLOUD_EPOCH, sha256)
      : await storedHash(tx, cloudJournal(eventId), after);
  if (!before) return undefined;
  const end = { event: eventId, box: CLOUD_BOX, epoch: CLOUD_EPOCH, seq: (after + rows.length) as Seq };
  return encodeBatch({
    event: eventId,
    box: CLOUD_BOX,
    epoch: CLOUD_EPOCH,
    fromSeq: (after + 1) as Seq,
    before,
    contents: rows.map(({ content }) => content),
    head: signHead('pulsera/head', { ...end, hash: last.hash, wallMs: world.nowMs() }, signer.sign),
  });
}
