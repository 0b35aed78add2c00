/**
 * Looks for the least part of a night that still goes wrong: an earlier end, fewer strikes, fewer guests, again and again until nothing
 * more can be left out or the tries are used up. Lists are cut down by delta debugging (Zeller and Hildebrandt, 2002). Whether a part
 * goes wrong isn't monotone, so what is found is short, and not always the shortest.
 */
import type { Drawn } from './order.ts';

export interface Shrunk {
  /** Still goes wrong; the whole of it when nothing less did. */
  readonly least: Drawn;
  /** How many parts were tried. */
  readonly tries: number;
}

export interface ShrinkOptions {
  /** The whole goes wrong, and is not tried. Each part is tried once at most. */
  readonly whole: Drawn;
  readonly stillFails: (part: Drawn) => Promise<boolean>;
  readonly mostTries: number;
  /** Tried first, each with what the others left: a good guess saves many tries. */
  readonly guesses?: readonly Partial<Drawn>[];
  /** Told after each try. */
  readonly onTry?: (tries: number, least: Drawn) => void;
}

/** An end is looked for as exactly as this. */
const END_STEP_MS = 100;

export async function shrink(options: ShrinkOptions): Promise<Shrunk> {
  const search = new Search(options);
  for (const guess of options.guesses ?? []) await search.isEnough(guess);
  for (let before: Drawn | undefined; before !== search.least && search.mayTry; ) {
    before = search.least;
    await earlierEnd(search);
    await fewer(search, 'strikes');
    await fewer(search, 'guests');
  }
  const { least, tries } = search;
  return { least, tries };
}

class Search {
  least: Drawn;
  tries = 0;
  readonly #options: ShrinkOptions;
  readonly #tried = new Set<string>();

  constructor(options: ShrinkOptions) {
    this.#options = options;
    this.least = options.whole;
    this.#tried.add(JSON.stringify(options.whole));
  }

  get mayTry(): boolean {
    return this.tries < this.#options.mostTries;
  }

  /** The least part so far, with this in place of its own: if it goes wrong still, that is the least part now. */
  async isEnough(change: Partial<Drawn>): Promise<boolean> {
    const { strikes, guests, untilMs } = { ...this.least, ...change };
    const part = { strikes, guests, untilMs };
    const name = JSON.stringify(part);
    if (this.#tried.has(name) || !this.mayTry) return false;
    this.#tried.add(name);
    this.tries += 1;
    const isEnough = await this.#options.stillFails(part);
    if (isEnough) this.least = part;
    this.#options.onTry?.(this.tries, this.least);
    return isEnough;
  }
}

/** None at all first, then all but one of ever smaller pieces. */
async function fewer(search: Search, of: 'strikes' | 'guests'): Promise<void> {
  if (await search.isEnough({ [of]: [] })) return;
  for (let pieces = 2; search.mayTry; ) {
    const all = search.least[of];
    if (all.length < 2) return;
    if (await oneLess(search, of, pieces)) {
      pieces = Math.max(2, pieces - 1);
    } else if (pieces >= all.length) {
      return;
    } else {
      pieces = Math.min(all.length, 2 * pieces);
    }
  }
}

async function oneLess(search: Search, of: 'strikes' | 'guests', pieces: number): Promise<boolean> {
  const all = search.least[of];
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map(at => Math.floor((at * all.length) / pieces));
    if (await search.isEnough({ [of]: all.filter((_, i) => i < (from ?? 0) || i >= (to ?? 0)) })) return true;
  }
  return false;
}

async function earlierEnd(search: Search): Promise<void> {
  let [tooEarlyMs, enoughMs] = [-END_STEP_MS, search.least.untilMs];
  while (enoughMs - tooEarlyMs > END_STEP_MS && search.mayTry) {
    const untilMs = Math.ceil((tooEarlyMs + enoughMs) / 2 / END_STEP_MS) * END_STEP_MS;
    if (untilMs >= enoughMs) return;
    if (await search.isEnough({ untilMs })) enoughMs = untilMs;
    else tooEarlyMs = untilMs;
  }
}
