/** Cases on file. */
import { ChipUid, type EventId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { CaseDraft } from './case.ts';
import { withForkBounds } from './fork-bound.ts';

export const Case = z.strictObject({
  number: z.int(),
  kind: z.string(),
  subject: z.string(),
  uid: ChipUid.nullable(),
  refs: z.array(z.strictObject({ box: z.int(), epoch: z.int(), seq: z.int() })),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  lossBoundMinor: z.int().nullable(),
  openedAtMs: z.int(),
  state: z.enum(['open', 'closed']),
});
export type Case = z.infer<typeof Case>;

/** New findings get the next number; of those on file, the figures are brought up to date. The cloud's journal must be locked. */
export async function fileCases(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  drafts: readonly CaseDraft[],
  nowMs: number,
): Promise<void> {
  for (const { kind, subject, uid, refs, detail, lossBoundMinor } of drafts) {
    await client.query(
      `INSERT INTO case_file
         (tenant_id, event_id, number, kind, subject, uid, refs, detail, loss_bound_minor, opened_ms, state)
       SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, 'open' FROM case_file
       WHERE tenant_id = $1 AND event_id = $2
       ON CONFLICT (tenant_id, event_id, kind, subject) DO UPDATE
       SET refs = excluded.refs, detail = excluded.detail,
         loss_bound_minor = coalesce(excluded.loss_bound_minor, case_file.loss_bound_minor)`,
      [
        tenantId,
        eventId,
        kind,
        subject,
        uid,
        JSON.stringify(refs),
        JSON.stringify(detail),
        lossBoundMinor,
        nowMs,
      ],
    );
  }
}

export const CASES = `
  SELECT number, kind, subject, uid, refs, detail, loss_bound_minor, opened_ms, state FROM case_file
  WHERE tenant_id = $1 AND event_id = $2 AND number > $3 ORDER BY number LIMIT $4`;

/** With what a fork can have cost by now. */
export async function listCases(
  tx: TenantTransaction,
  eventId: EventId,
  after: number,
  limit: number,
): Promise<Case[]> {
  const { rows } = await tx.client.query(CASES, [tx.tenantId, eventId, after, limit]);
  const filed = rows.map(
    (row): Case => ({
      number: row.number,
      kind: row.kind,
      subject: row.subject,
      uid: row.uid,
      refs: row.refs,
      detail: row.detail,
      lossBoundMinor: row.loss_bound_minor === null ? null : Number(row.loss_bound_minor),
      openedAtMs: Number(row.opened_ms),
      state: row.state,
    }),
  );
  return withForkBounds(tx, eventId, filed);
}
