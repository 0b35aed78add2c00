/**
 * A strike is one thing that goes wrong in an evening, drawn beforehand as plain data: when, what, and which machine or chip it hits.
 * What comes of it is for the boxes to show. Everything that goes wrong in a rehearsal is a strike, so that a run can be
 * played again with fewer of them.
 */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { Life } from '../life.ts';
import type { Setting } from '../setting.ts';
import type { Site } from '../site.ts';
import type { Trouble } from './kinds.ts';

/** With the data of its kind beside. */
export interface Strike {
  /** In the order in which all were drawn, from 0. */
  readonly number: number;
  /** Since the doors opened. */
  readonly atMs: number;
  readonly what: Trouble;
}

/**
 * A kind of trouble. What it plays is always what it drew itself: the table of kinds knows them by their methods alone, whose parameters
 * TypeScript lets be narrower.
 */
export interface Kind<D extends object = object> {
  /** Draws the same number of times whatever comes of it. */
  draw(random: Random, setting: Setting): D;
  /**
   * Now is its time. Whatever it does later goes by `evening`, behind which nothing goes wrong any more; it is to be over by
   * itself, or by `site.mend`.
   * @returns when whoever did it has gone, where somebody has to come for it: that is waited for before the lights go out
   */
  play(site: Site, data: D, evening: Life): void | Promise<void>;
}
