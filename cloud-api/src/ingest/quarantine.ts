/** What can't be booked is kept as it was sent: it may be the only trace of what a box sold. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { CaseDraft } from '../ledger/case.ts';
import type { JournalKey } from '../ledger/journal-rows.ts';
import type { Run } from './run.ts';

export type QuarantineReason = 'journal-forked' | 'journal-revoked';

/** Sent again, it is kept once. @param bytes the batch, decompressed */
export async function quarantine(
  { client, tenantId }: TenantTransaction,
  { eventId, box, epoch }: JournalKey,
  run: Run,
  bytes: Uint8Array,
  reason: QuarantineReason,
  nowMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO quarantine (tenant_id, event_id, box_id, epoch, from_seq, head_hash, reason, received_ms, batch)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [tenantId, eventId, box, epoch, run.fromSeq, run.hashes.at(-1), reason, nowMs, bytes],
  );
}

/** One case per journal, however much of it is sent. @param seq the first entry that isn't taken */
export function quarantineCase(reason: QuarantineReason, { box, epoch }: JournalKey, seq: Seq): CaseDraft {
  return {
    kind: reason,
    subject: `${box}/${epoch}`,
    uid: null,
    refs: [{ box, epoch, seq }],
    detail: { fromSeq: seq },
    lossBoundMinor: null,
  };
}
