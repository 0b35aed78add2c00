import { expect, it } from 'vitest';
import { Chance } from './chance.ts';
import { drawNight, narrowed } from './night.ts';
import { rehearse } from './rehearse.ts';
import { QUIET, type Setting, STORM } from './setting.ts';
import { KINDS, type Trouble } from './trouble/kinds.ts';

const strikesOf = (setting: Setting, seed = 1) => drawNight(new Chance(seed), setting).strikes;
const unnumbered = (setting: Setting) => strikesOf(setting).map(({ number, ...strike }) => strike);

it('is plain data, the same for a seed and another for the next', () => {
  const strikes = strikesOf(STORM);
  expect(JSON.parse(JSON.stringify(strikes))).toEqual(strikes);
  expect(strikesOf(STORM)).toEqual(strikes);
  expect(strikesOf(STORM, 2)).not.toEqual(strikes);
});

it('numbers its strikes as they were drawn, all within the evening', () => {
  const strikes = strikesOf(STORM);
  expect(strikes.map(({ number }) => number)).toEqual(strikes.map((_, i) => i));
  expect(strikes.every(({ atMs }) => atMs >= 0 && atMs < STORM.eveningMs)).toBe(true);
});

it.each(Object.keys(KINDS) as Trouble[])(
  'draws %s as often as its rate says, and without it all others as they were',
  what => {
    const [seeds, rate] = [200, 3];
    let drawn = 0;
    for (let seed = 0; seed < seeds; seed++)
      drawn += strikesOf({ ...QUIET, rates: { [what]: rate } }, seed).length;
    // The mean of 200 Poisson draws of rate 3 strays by 0.12.
    expect(drawn / seeds).toBeGreaterThan(rate - 0.6);
    expect(drawn / seeds).toBeLessThan(rate + 0.6);
    const all = { ...STORM, rates: { ...STORM.rates, [what]: 5 } };
    const others = unnumbered(all).filter(strike => strike.what !== what);
    expect(unnumbered({ ...all, rates: { ...all.rates, [what]: 0 } })).toEqual(others);
  },
);

it('can be played in part: these strikes, these guests, up to then', () => {
  const night = drawNight(new Chance(1), STORM);
  const intents = [0, 1, 2].map(guest => ({ atMs: guest * 1_000, guest, what: 'look' }) as const);
  const kept = narrowed(
    { ...night, intents },
    { strikes: new Set([2, 5]), guests: new Set([0, 2]), untilMs: 2_000 },
  );
  expect(kept.intents).toEqual([intents[0]]);
  expect(kept.strikes).toEqual(
    night.strikes.filter(({ number, atMs }) => [2, 5].includes(number) && atMs < 2_000),
  );
  expect(kept.eveningMs).toBe(2_000);
});

it('with no strike kept is the same as one in peace', async () => {
  const { hash } = await rehearse(3, STORM, {}, { strikes: new Set() });
  expect(hash).toBe((await rehearse(3, QUIET)).hash);
});
