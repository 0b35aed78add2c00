/** An entry of a box's journal is not any more what was written: found while the box is off, or under its hands. */
import { between } from '../chance.ts';
import { atRest } from './at-rest.ts';
import { drawPost, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

interface BitRot {
  readonly post: number;
  /** `live`: an entry, while the box runs. */
  readonly of: 'entry' | 'page' | 'live';
  /** Which entry: a share of all. */
  readonly at: number;
  readonly bytes: number;
  readonly xor: number;
  /** The copy that site techs have is so old; null: they have none. */
  readonly copyAgeMs: number | null;
  readonly darkMs: number;
}

const OF = ['entry', 'page', 'live'] as const;
const BYTES = [1, 4, 100] as const;
const AGE_MS = [1_000, 120_000] as const;
const DARK_MS = [1_000, 10_000] as const;

/** At its time the copy is taken, if there is one; `copyAgeMs` later it rots. */
export const bitRot: Kind<BitRot> = {
  draw(random, setting) {
    const [post, of] = [drawPost(random, setting), OF[random.below(OF.length)] ?? 'entry'];
    const [at, bytes] = [between(random, [0, 1]), BYTES[random.below(BYTES.length)] ?? 1];
    const [xor, isNoCopy] = [1 + random.below(255), random.chance(0.5)];
    const [ageMs, darkMs] = [between(random, AGE_MS), between(random, DARK_MS)];
    return { post, of, at, bytes, xor, copyAgeMs: isNoCopy ? null : ageMs, darkMs };
  },
  play(site, { post, of, copyAgeMs, darkMs, ...rot }, evening) {
    const { box } = postAt(site, post);
    const copy = copyAgeMs === null ? undefined : box.disk;
    const strike = async () => {
      if (of !== 'live') await atRest(site, box, evening, darkMs, () => box.rot({ of, ...rot }, copy));
      else if (!evening.isOver) box.rotWhileUp(rot, copy);
    };
    return new Promise(resolve => {
      site.time.after(copyAgeMs ?? 0, () => resolve(strike()));
    });
  },
};
