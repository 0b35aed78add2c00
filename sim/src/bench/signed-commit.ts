/** One entry, one commit, one signed head, nobody to share with; beside it the rate at which this disk makes 16 KB durable. */
import type { Journal } from '@pulsera/edge-node/journal/journal';
import { benchJournal } from './box-journal.ts';
import { fdatasyncRate, scratch } from './disk.ts';
import { type Figure, figure } from './figure.ts';
import { postedDraft, TapMaker } from './taps.ts';

const COMMITS = 3000;
const ROUNDS = 5;
/** A commit to SQLite's write-ahead log is about four frames of 4 KB. */
const FLOOR_BYTES = 16 * 1024;

/** Two commits: the tap, pending, and its settlement. */
async function oneTap(journal: Journal, maker: TapMaker): Promise<void> {
  const [entry] = await journal.append([maker.tap()]);
  if (entry?.kind !== 'tap') throw new TypeError('a tap was journaled as something else');
  const { seq, body } = entry;
  await journal.append([postedDraft(body, { box: journal.box, epoch: journal.epoch, seq })]);
}

export async function run(): Promise<readonly Figure[]> {
  const folder = scratch('signed-commit');
  const journal = benchJournal(folder);
  const maker = new TapMaker(1, 5000);
  const pairs: { value: number; floor: number }[] = [];
  // In turns, so that a disk which slows down slows both.
  for (let round = 0; round < ROUNDS; round++) {
    const floor = fdatasyncRate(folder, FLOOR_BYTES, COMMITS / ROUNDS);
    const start = performance.now();
    for (let i = 0; i < COMMITS / ROUNDS; i += 2) await oneTap(journal, maker);
    pairs.push({ value: ((COMMITS / ROUNDS) * 1000) / (performance.now() - start), floor });
  }
  await journal.close();
  const middle = pairs.toSorted((a, b) => a.value / a.floor - b.value / b.floor)[Math.floor(ROUNDS / 2)];
  return [figure('signed-commit', 'commits/s', middle ?? { value: 0 }, { atLeast: 0.6 })];
}
