/** A box's wall clock is set to anything, while it runs, and gains or loses from then on. */
import { anyOf, between } from '../chance.ts';
import { GATES_OPEN_MS } from '../festival.ts';
import { drawPost, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

interface ClockWrong {
  readonly post: number;
  readonly jumpMs: number;
  /** Seconds per second. */
  readonly drift: number;
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A hair, what daylight saving makes of it, the day before, a year, 1970 and before, and somebody's typing error. */
const JUMPS_MS = [
  -300,
  SECOND_MS,
  -10 * SECOND_MS,
  HOUR_MS,
  -HOUR_MS,
  -DAY_MS,
  365 * DAY_MS,
  -GATES_OPEN_MS,
  -2 * GATES_OPEN_MS,
  8_000 * 365 * DAY_MS,
];
const DRIFT = [-0.001, 0.001] as const;

export const clockWrong: Kind<ClockWrong> = {
  draw: (random, setting) => ({
    post: drawPost(random, setting),
    jumpMs: anyOf(random, JUMPS_MS),
    drift: between(random, DRIFT),
  }),
  play: (site, { post, jumpMs, drift }) => postAt(site, post).box.clock.set(jumpMs, drift),
};
