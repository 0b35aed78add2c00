/** One seed after the other, so many at a time; what came of them is told in their order. */
import type { Report } from './order.ts';

export interface SeedsOptions {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly jobs: number;
  /** Asked before each: once it is true, no other seed is begun. */
  readonly isOver: () => boolean;
  /** Undefined: it was left where it was, and so are all that come later. */
  readonly play: (seed: number) => Promise<Report | undefined>;
}

/** @param tell hears of each seed once, and of none before those before it */
export async function playSeeds(options: SeedsOptions, tell: (report: Report) => void): Promise<void> {
  const { from, to, jobs, isOver, play } = options;
  const waiting = new Map<number, Report>();
  let [next, due] = [from, from];
  const tellDue = () => {
    for (let report = waiting.get(due); report !== undefined; report = waiting.get(due)) {
      waiting.delete(due);
      due += 1;
      tell(report);
    }
  };
  const work = async () => {
    while (next <= to && !isOver()) {
      const seed = next++;
      const report = await play(seed);
      if (report === undefined) return;
      waiting.set(seed, report);
      tellDue();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}
