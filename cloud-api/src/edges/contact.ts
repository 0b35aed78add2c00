/** When each box was heard last. Written at most every few seconds: it is asked only whether a box is there. */
import type { Cloud } from '../context.ts';
import type { Heard } from '../ledger/store/boxes.ts';
import type { EdgeIdentity } from './ticket.ts';

/** A box asks for its plan every ten seconds. Three times nothing, and it is cut off. */
export const CUT_OFF_AFTER_MS = 30_000;
const NOTED_EVERY_MS = 5_000;
/** Boxes of all events that one process remembers having noted; beyond that it begins anew. */
const REMEMBERED = 10_000;

/** @returns notes that a box was heard; to be called with each of its requests, once it is known for who it is */
export function contactNotes({ store, world }: Pick<Cloud, 'store' | 'world'>) {
  const noted = new Map<string, number>();
  return async ({ tenantId, eventId, boxId }: EdgeIdentity): Promise<void> => {
    const nowMs = world.nowMs();
    const box = `${tenantId}/${eventId}/${boxId}`;
    const before = noted.get(box);
    if (before !== undefined && nowMs - before < NOTED_EVERY_MS) return;
    if (noted.size >= REMEMBERED) noted.clear();
    noted.set(box, nowMs);
    await store.within(tenantId, eventId, ({ boxes }) => boxes.noteHeard(boxId, nowMs));
  };
}

export const isCutOff = ({ heardMs }: Pick<Heard, 'heardMs'>, nowMs: number): boolean =>
  heardMs === null || nowMs - heardMs > CUT_OFF_AFTER_MS;
