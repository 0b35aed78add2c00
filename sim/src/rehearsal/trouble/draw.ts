/** Draws and plays the strikes of an evening. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { Chance } from '../chance.ts';
import { Life } from '../life.ts';
import type { Setting } from '../setting.ts';
import type { Site } from '../site.ts';
import { KINDS, type Trouble } from './kinds.ts';
import type { Kind, Strike } from './strike.ts';

/** Each kind from a stream of its own, so that another rate of one leaves all others as they were, but for their numbers. */
export function drawStrikes(chance: Chance, setting: Setting): readonly Strike[] {
  const drawn = (Object.keys(KINDS) as Trouble[]).flatMap(what => {
    const random = chance.of(`trouble ${what}`);
    const kind: Kind = KINDS[what];
    const times = strikeTimes(random, setting.rates[what] ?? 0, setting.eveningMs);
    return times.map(atMs => ({ atMs, what, ...kind.draw(random, setting) }));
  });
  return drawn.map((strike, number) => ({ number, ...strike }));
}

/** A Poisson process: so many in an evening on average, none of which knows of another. */
function strikeTimes(random: Random, rate: number, eveningMs: number): readonly number[] {
  const times: number[] = [];
  if (rate <= 0) return times;
  for (let atMs = 0; ; ) {
    // Never the logarithm of 0.
    atMs -= (eveningMs / rate) * Math.log((random.u32() + 1) / 2 ** 32);
    if (atMs >= eveningMs) return times;
    times.push(Math.floor(atMs));
  }
}

/**
 * From now on, when the doors open, each strikes in its time. @returns ends it: nothing goes wrong any more that has not yet, all is mended,
 * and whoever is still at a till for a strike is waited for
 * @param struck told of each
 */
export function playStrikes(
  site: Site,
  strikes: readonly Strike[],
  struck: (strike: Strike) => void,
): () => Promise<void> {
  const underway: Promise<void>[] = [];
  const evening = new Life(site.time);
  for (const strike of strikes) {
    const { atMs, what, number, ...data } = strike;
    const kind: Kind = KINDS[what];
    evening.after(atMs, () => {
      site.trace.note(`strike ${number}`, what, data);
      struck(strike);
      const done = kind.play(site, data, evening);
      if (done === undefined) return;
      underway.push(done);
      site.time.beside(done);
    });
  }
  return async () => {
    evening.end();
    site.mend();
    await Promise.all(underway);
  };
}
