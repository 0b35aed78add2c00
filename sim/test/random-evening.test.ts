import { afterEach, expect, it } from 'vitest';
import { checkEvening } from './evening-check.ts';
import { Evening } from './random-evening.ts';

const STEPS = 120;
const seeds = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

let evening: Evening;
afterEach(() => evening.close());

async function play(seed: number, thief: boolean): Promise<readonly string[]> {
  evening = new Evening(seed);
  await evening.begin();
  for (let step = 0; step < STEPS; step++) {
    if (thief && step === STEPS / 4) evening.steal();
    await evening.step();
    if (thief && step % 10 === 9) await evening.spendCopy();
  }
  await evening.finish();
  return await checkEvening(evening);
}

it.each(seeds(1, 26))(
  'screens, books and wristbands agree to the cent, and no guest is accused (seed %i)',
  async seed => {
    expect(await play(seed, false), evening?.log.join('\n')).toEqual([]);
  },
);

it.each(seeds(1, 18))(
  'a copied wristband that pays beside its original makes a case (seed %i)',
  async seed => {
    expect(await play(seed, true), evening?.log.join('\n')).toEqual([]);
  },
);

it('the copies do pay, or nothing was tried', async () => {
  let both = 0;
  for (const seed of [6, 13, 14, 15]) {
    await play(seed, true);
    if (evening.hasCopyPaid && evening.hasOriginalPaid) both += 1;
    if (seed !== 15) await evening.close();
  }
  expect(both).toBeGreaterThan(0);
});
