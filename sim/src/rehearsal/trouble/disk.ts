/** What happens to a box's disk: it is nearly full, or put back from an older copy. */
import { between } from '../chance.ts';
import { atRest } from './at-rest.ts';
import { drawPost, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

interface DiskFull {
  readonly post: number;
  /** 4 KB each, beside what is in use. */
  readonly pagesLeft: number;
  readonly darkMs: number;
  /** From then on, until somebody frees space. */
  readonly forMs: number;
}

/** From too few to start with up to a few taps. */
const MOST_PAGES_LEFT = 60;
const DARK_MS = [1_000, 10_000] as const;
const FULL_MS = [10_000, 90_000] as const;

/** The box is moved to a machine whose disk has next to nothing left; later it has. */
export const diskFull: Kind<DiskFull> = {
  draw: (random, setting) => ({
    post: drawPost(random, setting),
    pagesLeft: random.below(MOST_PAGES_LEFT),
    darkMs: between(random, DARK_MS),
    forMs: between(random, FULL_MS),
  }),
  play(site, { post, pagesLeft, darkMs, forMs }, evening) {
    const { box } = postAt(site, post);
    box.moveToFullDisk(pagesLeft);
    evening.after(darkMs, () => box.start());
    evening.after(darkMs + forMs, () => box.limitPages(undefined));
  },
};

interface DiskPutBack {
  readonly post: number;
  /** The copy is that old; null: there is none, and the disk is a new one. */
  readonly ageMs: number | null;
  readonly darkMs: number;
}

const AGE_MS = [1_000, 120_000] as const;

/** At its time the copy is taken; `ageMs` later it is put back. */
export const diskPutBack: Kind<DiskPutBack> = {
  draw(random, setting) {
    const [post, isNew] = [drawPost(random, setting), random.chance(0.3)];
    const [ageMs, darkMs] = [between(random, AGE_MS), between(random, DARK_MS)];
    return { post, ageMs: isNew ? null : ageMs, darkMs };
  },
  play(site, { post, ageMs, darkMs }, evening) {
    const { box } = postAt(site, post);
    const copy = ageMs === null ? undefined : box.disk;
    return new Promise(resolve => {
      site.time.after(ageMs ?? 0, () => resolve(atRest(site, box, evening, darkMs, () => box.restore(copy))));
    });
  },
};
