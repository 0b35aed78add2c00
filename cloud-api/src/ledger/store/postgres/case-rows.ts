import type { Case, CaseDraft } from '../../case.ts';
import type { CaseFile } from '../case-file.ts';
import type { EventTransaction } from './event-transaction.ts';

export const caseRows = (at: EventTransaction): CaseFile => ({
  file: (drafts, nowMs) => file(at, drafts, nowMs),
  setLossBound: (of, lossMinor) => setLossBound(at, of, lossMinor),
  list: (after, limit) => list(at, after, limit),
});

async function file(
  { client, tenantId, eventId }: EventTransaction,
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

async function setLossBound(
  { client, tenantId, eventId }: EventTransaction,
  { kind, subject }: Pick<CaseDraft, 'kind' | 'subject'>,
  lossMinor: number,
): Promise<void> {
  await client.query(
    `UPDATE case_file SET loss_bound_minor = $5
     WHERE tenant_id = $1 AND event_id = $2 AND kind = $3 AND subject = $4`,
    [tenantId, eventId, kind, subject, lossMinor],
  );
}

async function list(
  { client, tenantId, eventId }: EventTransaction,
  after: number,
  limit: number,
): Promise<Case[]> {
  const { rows } = await client.query(
    `SELECT number, kind, subject, uid, refs, detail, loss_bound_minor, opened_ms, state FROM case_file
     WHERE tenant_id = $1 AND event_id = $2 AND number > $3 ORDER BY number LIMIT $4`,
    [tenantId, eventId, after, limit],
  );
  return rows.map(row => ({
    number: row.number,
    kind: row.kind,
    subject: row.subject,
    uid: row.uid,
    refs: row.refs,
    detail: row.detail,
    lossBoundMinor: row.loss_bound_minor === null ? null : Number(row.loss_bound_minor),
    openedAtMs: Number(row.opened_ms),
    state: row.state,
  }));
}
