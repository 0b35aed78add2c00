/** Waits until every journal is with the cloud, and the cloud's with every box. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BoxHealth } from '@pulsera/edge-node/health';
import { lookAtCloud } from '../demo/cloud-watch.ts';
import type { Site } from './site.ts';

const LOOK_MS = 200;
/** A box that hears nothing of what it asked gives up after 32 s, and pauses for 15 at most. A database gives up a lost session after 60. */
const MOST_MS = 180_000;

/** @returns milliseconds until it was so. @throws Error that says how it stands when it never becomes so */
export async function drained({ boxes, organizer, event }: Site): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const healths = await Promise.all(boxes.map(box => box.health()));
    const { height } = await lookAtCloud(organizer, event);
    const ms = performance.now() - startedMs;
    if (healths.every(health => health !== undefined && isLevel(health, height))) return ms;
    if (ms > MOST_MS) {
      const stands = healths.map(health => JSON.stringify(health?.sync ?? 'says nothing')).join('; ');
      throw new Error(
        `after ${MOST_MS} ms the cloud's journal ends at ${height}, and the boxes stand at ${stands}`,
      );
    }
    await sleep(LOOK_MS);
  }
}

function isLevel({ sync }: BoxHealth, height: number): boolean {
  return sync.cutOffSinceMs === null && sync.lagEntries === 0 && sync.cloudSeq === height;
}
