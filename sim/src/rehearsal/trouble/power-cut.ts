/** A box loses its power, in the midst of anything, and has it back a while later. */
import { between } from '../chance.ts';
import { atMoment, drawMoment, type Moment, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

interface PowerCut extends Moment {
  /** Right behind that commit from then on (1: the next), before anybody hears of it; null: at that moment. */
  readonly behindCommit: number | null;
  readonly forMs: number;
}

/** Commits that a tap may take, and one of the next. */
const COMMITS = 4;
const DARK_MS = [1_000, 30_000] as const;

export const powerCut: Kind<PowerCut> = {
  draw(random, setting) {
    const moment = drawMoment(random, setting);
    const [isBehindCommit, commit] = [random.chance(0.6), 1 + random.below(COMMITS)];
    return {
      ...moment,
      behindCommit: isBehindCommit ? commit : null,
      forMs: between(random, DARK_MS),
    };
  },
  play(site, cut, evening) {
    const { box } = postAt(site, cut.post);
    const back = evening.while(() => void evening.after(cut.forMs, () => box.start()));
    atMoment(site, cut, evening, () => {
      if (cut.behindCommit !== null) {
        box.cutAfter(cut.behindCommit, back);
        return;
      }
      box.cut();
      back();
    });
  },
};
