/** Which till a strike hits, and when: on the spot, or in the midst of the next tap there, where it hurts. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { between } from '../chance.ts';
import type { Life } from '../life.ts';
import type { Setting } from '../setting.ts';
import type { Post, Site } from '../site.ts';

export interface Moment {
  /** Of the site's, from 0. */
  readonly post: number;
  /** Behind the till's next request; null: whatever goes on there. */
  readonly behindAskMs: number | null;
}

/** From a request to the end of what may follow from it. */
const TAP_MS = [0, 4_000] as const;
/** Most strikes should meet a tap. */
const IN_TAP = 0.75;

export function drawMoment(random: Random, setting: Setting): Moment {
  const post = drawPost(random, setting);
  const [isInTap, behindAskMs] = [random.chance(IN_TAP), between(random, TAP_MS)];
  return { post, behindAskMs: isInTap ? behindAskMs : null };
}

export const drawPost = (random: Random, { boxes, tillsPerBox }: Setting): number =>
  random.below(boxes * tillsPerBox);

/** @throws RangeError where the site has no such till: it was drawn for another setting */
export function postAt({ posts }: Site, number: number): Post {
  const post = posts[number];
  if (post === undefined) throw new RangeError(`There is no till number ${number} on this site.`);
  return post;
}

export function atMoment(site: Site, { post, behindAskMs }: Moment, evening: Life, act: () => void): void {
  if (behindAskMs === null) {
    act();
    return;
  }
  const { till } = postAt(site, post);
  const leave = site.witness.listen(
    evening.while(seen => {
      if (seen.kind !== 'asked' || seen.till !== till.id) return;
      leave();
      evening.after(behindAskMs, act);
    }),
  );
}
