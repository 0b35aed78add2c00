/**
 * Tells waiting boxes that the cloud's journal has grown. Each process asks the head rows of all its waiting events at
 * one beat, however many boxes wait. LISTEN/NOTIFY would be quicker, but NOTIFY takes one lock for all databases of the
 * server at each commit, LISTEN needs a connection that pgbouncer can't share, and a lost one loses hints; a missed beat is
 * made up for by the next one.
 */
import { CLOUD_BOX, type EventId, type Seq, type TenantId } from '@pulsera/firmware-protocol/ids';
import type { Pool } from 'pg';
import { withTenant } from '../database/with-tenant.ts';

export interface HintOptions {
  readonly beatMs: number;
  /** A request without news is answered after this long: shorter than what proxies cut off. */
  readonly patienceMs: number;
}
export const HINTS: HintOptions = { beatMs: 500, patienceMs: 25_000 };

interface Waiter {
  readonly after: Seq;
  readonly done: (cloudSeq: Seq) => void;
}
interface Waiting {
  readonly tenantId: TenantId;
  readonly eventId: EventId;
  readonly waiters: Set<Waiter>;
}

export interface Hints {
  /** The end of the cloud's journal, as soon as it lies beyond `after`, or once patience ends. */
  wait(tenantId: TenantId, eventId: EventId, after: Seq, signal: AbortSignal): Promise<Seq>;
  close(): void;
}

export function startHints(pool: Pool, { beatMs, patienceMs }: HintOptions = HINTS): Hints {
  const events = new Map<string, Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const beat = async () => {
    const byTenant = Map.groupBy(events.values(), ({ tenantId }) => tenantId);
    for (const [tenantId, waiting] of byTenant) {
      const ends = await cloudEnds(
        pool,
        tenantId,
        waiting.map(({ eventId }) => eventId),
      ).catch(() => undefined);
      // The database is away: boxes go on waiting, and learn at the end of their patience.
      if (!ends) continue;
      for (const { eventId, waiters } of waiting) {
        const cloudSeq = ends.get(eventId) ?? (0 as Seq);
        for (const waiter of waiters) if (cloudSeq > waiter.after) waiter.done(cloudSeq);
      }
    }
    schedule();
  };
  const schedule = () => {
    timer = isClosed || events.size === 0 ? undefined : setTimeout(beat, beatMs);
  };

  return {
    async wait(tenantId, eventId, after, signal) {
      const now = (await cloudEnds(pool, tenantId, [eventId])).get(eventId) ?? (0 as Seq);
      if (now > after || isClosed || signal.aborted) return now;
      const key = `${tenantId}/${eventId}`;
      const waiting = events.get(key) ?? { tenantId, eventId, waiters: new Set() };
      events.set(key, waiting);
      return new Promise(resolve => {
        const done = (cloudSeq: Seq) => {
          clearTimeout(patience);
          signal.removeEventListener('abort', giveUp);
          waiting.waiters.delete(waiter);
          if (waiting.waiters.size === 0 && events.get(key) === waiting) events.delete(key);
          resolve(cloudSeq);
        };
        const giveUp = () => done(after);
        const waiter = { after, done };
        const patience = setTimeout(giveUp, patienceMs);
        signal.addEventListener('abort', giveUp);
        waiting.waiters.add(waiter);
        if (!timer) schedule();
      });
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { waiters } of [...events.values()]) for (const { done, after } of [...waiters]) done(after);
    },
  };
}

async function cloudEnds(
  pool: Pool,
  tenantId: TenantId,
  eventIds: readonly EventId[],
): Promise<Map<EventId, Seq>> {
  return withTenant(pool, tenantId, async ({ client }) => {
    const { rows } = await client.query(
      `SELECT event_id, seq FROM journal_head
       WHERE tenant_id = $1 AND event_id = ANY($2::int[]) AND box_id = $3`,
      [tenantId, eventIds, CLOUD_BOX],
    );
    return new Map(rows.map(row => [row.event_id as EventId, Number(row.seq) as Seq]));
  });
}
