/** Fills a journal with sales as they come: so many tills write at once, and then are settled at once. */
import type { Journal } from '@pulsera/edge-node/journal/journal';
import { postedDraft, type TapMaker } from './taps.ts';

/** Two commits for all of them together. */
export async function sellAtOnce(journal: Journal, maker: TapMaker, taps: number): Promise<void> {
  const entries = await journal.append(Array.from({ length: taps }, () => maker.tap()));
  const { box, epoch } = journal;
  const settlements = entries.flatMap(entry =>
    entry.kind === 'tap' ? [postedDraft(entry.body, { box, epoch, seq: entry.seq })] : [],
  );
  await journal.append(settlements);
}
