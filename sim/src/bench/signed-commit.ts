/** One entry, one commit, one signed head, nobody to share with; beside it the rate at which this disk makes 16 KB durable. */
import type { Journal } from '@pulsera/edge-node/journal/journal';
import { benchJournal } from './box-journal.ts';
import { fdatasyncRate, scratch } from './disk.ts';
import { type Figure, figure } from './figure.ts';
import type { Setting } from './setting.ts';
import { middle, type Pair } from './spread.ts';
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

export async function run({ opened }: Setting): Promise<readonly Figure[]> {
  const folder = scratch('signed-commit', opened);
  const journal = benchJournal(folder);
  opened.defer(() => journal.close());
  const maker = new TapMaker(1, 5000);
  const rounds: Pair[] = [];
  // In turns, so that a disk which slows down slows both.
  for (let round = 0; round < ROUNDS; round++) {
    const floor = fdatasyncRate(folder, FLOOR_BYTES, COMMITS / ROUNDS);
    const start = performance.now();
    for (let i = 0; i < COMMITS / ROUNDS; i += 2) await oneTap(journal, maker);
    rounds.push({ value: ((COMMITS / ROUNDS) * 1000) / (performance.now() - start), floor });
  }
  await journal.close();
  return [figure('signed-commit', 'commits/s', middle(rounds), { atLeast: 0.6 })];
}
