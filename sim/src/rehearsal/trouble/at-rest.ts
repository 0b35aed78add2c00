/**
 * A site tech at a box: waits until nobody is being served at its tills, and lets nobody be served until the box is up again. What a till
 * had asked of a disk that is not there any more is asked in vain otherwise, and what came of it is not known to it
 * (docs/operations.md, "Backup and restore").
 */
import type { SimBox } from '../box.ts';
import type { Life } from '../life.ts';
import type { Site } from '../site.ts';

const LOOKS_MS = 500;

/** @param work what is done to the box: it is off then. @returns when it is up, and the tills are free again */
export async function atRest(site: Site, box: SimBox, evening: Life, darkMs: number, work: () => void) {
  const tills = site.tills.filter(({ post }) => post.box === box);
  const held = tills.reduceRight<() => Promise<unknown>>(
    (inner, { queue }) =>
      () =>
        queue.served(Number.POSITIVE_INFINITY, async () => void (await inner())),
    async () => {
      if (evening.isOver) return;
      work();
      await site.time.sleep(darkMs);
      do {
        box.start();
        await site.time.sleep(LOOKS_MS);
      } while (!box.isOpen);
    },
  );
  await held();
}
