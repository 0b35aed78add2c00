import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boardMinor } from './board.ts';
import { crowdEvening } from './crowd.ts';
import { guestEvening, type Habits } from './guest.ts';
import type { Intent } from './intent.ts';
import { type Mistakes, ring, shiftsOf } from './operator.ts';
import { nextVisitMs, phaseAt } from './programme.ts';

const EVENING_MS = 6 * 3_600_000;
const HABITS: Habits = {
  eveningMs: EVENING_MS,
  gapMs: 600_000,
  paysOnline: 0.5,
  losesWristband: 0.3,
  isFound: 0.5,
  cashesOut: 0.7,
  looks: 0.1,
  complains: 0.05,
};
const ALL: Mistakes = { doublePress: 1, wrongAmount: 1, leftOpen: 1, miscounted: 1 };
const NONE: Mistakes = { doublePress: 0, wrongAmount: 0, leftOpen: 0, miscounted: 0 };

const streams = (seed: number) => (name: string) =>
  seededRandom([...name].reduce((sum, letter) => Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0), seed));
const anySeed = fc.integer({ min: 0, max: 2 ** 31 });
const eveningOf = (seed: number) => guestEvening(seededRandom(seed), 0, HABITS);

test('the same seed is the same evening, and one guest more leaves all others as they were', () => {
  fc.assert(
    fc.property(anySeed, seed => {
      const five = crowdEvening(streams(seed), 5, HABITS);
      const six = crowdEvening(streams(seed), 6, HABITS);
      expect(crowdEvening(streams(seed), 5, HABITS)).toEqual(five);
      expect(six.filter(({ guest }) => guest < 5)).toEqual(five);
    }),
    { numRuns: 30 },
  );
});

test('a guest arrives first and goes home last, and all in between is in the order of time', () => {
  fc.assert(
    fc.property(anySeed, seed => {
      const evening = eveningOf(seed);
      const times = evening.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(evening[0]?.what).toBe('arrive');
      expect(evening.findIndex(({ what }) => what === 'go-home')).toBe(evening.length - 1);
    }),
  );
});

test('nobody brings back more cups than were handed out', () => {
  fc.assert(
    fc.property(anySeed, seed => {
      let cups = 0;
      for (const { product, quantity } of eveningOf(seed).flatMap(linesOf)) {
        if (product === 'beer') cups += quantity;
        if (product === 'cup') cups -= quantity;
        // Within a round, what is bought comes before what is brought back: at the table it is the other way round.
        expect(cups).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test('who has lost a wristband does nothing else until there is another', () => {
  fc.assert(
    fc.property(anySeed, seed => {
      const words = eveningOf(seed)
        .map(({ what }) => what)
        .filter(what => what !== 'finder-buys');
      const lost = words.indexOf('lose-wristband');
      if (lost >= 0) expect(words[lost + 1]).toBe('replace-wristband');
      expect(words.filter(what => what === 'lose-wristband').length).toBeLessThanOrEqual(1);
    }),
  );
});

test('a wristband is found after it was lost, and tried as long as the bars are open', () => {
  let tries = 0;
  fc.assert(
    fc.property(anySeed, seed => {
      const evening = eveningOf(seed);
      const lostMs = evening.find(({ what }) => what === 'lose-wristband')?.atMs ?? Infinity;
      for (const { what, atMs } of evening) {
        if (what !== 'finder-buys') continue;
        tries += 1;
        expect(atMs).toBeGreaterThan(lostMs);
        expect(atMs).toBeLessThan(EVENING_MS);
      }
    }),
  );
  expect(tries).toBeGreaterThan(0);
});

test('everybody can afford what they want to buy, if nothing goes wrong', () => {
  fc.assert(
    fc.property(anySeed, seed => {
      let leftMinor = 0;
      for (const intent of eveningOf(seed)) {
        leftMinor += gainedMinor(intent);
        expect(leftMinor).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test('more people come in the break than during the main act', () => {
  const random = seededRandom(1);
  const visits = { peak: 0, lull: 0 };
  for (let i = 0; i < 300; i++) {
    for (let atMs = 0; atMs < EVENING_MS; atMs = nextVisitMs(random, atMs, 300_000, EVENING_MS)) {
      const { name } = phaseAt(atMs / EVENING_MS);
      if (name === 'the break before the main act') visits.peak++;
      if (name === 'main act') visits.lull++;
    }
  }
  // The main act is two and a half times as long, at 0.15 of the intensity.
  expect(visits.peak / visits.lull).toBeGreaterThan(2.2);
  expect(visits.peak / visits.lull).toBeLessThan(3.2);
});

test('a programme without phases is refused', () => {
  expect(() => phaseAt(0.5, [])).toThrow('The programme has no phases.');
});

test('a wrong amount is rung up, undone and rung up right', () => {
  const lines = [{ product: 'beer', quantity: 2 }];
  const [wrong, undone, right, ...more] = ring(seededRandom(1), lines, ALL);
  expect(wrong).toMatchObject({ key: 'charge', isTwice: false });
  expect(wrong).not.toMatchObject({ lines });
  expect(undone).toEqual({ key: 'reverse-that' });
  expect(right).toEqual({ key: 'charge', lines, isTwice: true });
  expect(more).toEqual([]);
});

test('without mistakes a round is rung up once', () => {
  const lines = [{ product: 'beer', quantity: 2 }];
  expect(ring(seededRandom(1), lines, NONE)).toEqual([{ key: 'charge', lines, isTwice: false }]);
});

test('the rates of mistakes change no other draw', () => {
  const after = (mistakes: Mistakes) => {
    const random = seededRandom(7);
    ring(random, [{ product: 'beer', quantity: 1 }], mistakes);
    shiftsOf(random, 'bar-1', ['ann'], EVENING_MS, mistakes);
    return random.u32();
  };
  expect(after(ALL)).toBe(after(NONE));
});

test('shifts follow one another over the whole evening; a forgotten one stays open', () => {
  fc.assert(
    fc.property(anySeed, seed => {
      const shifts = shiftsOf(seededRandom(seed), 'bar-1', ['ann', 'bob'], EVENING_MS, NONE);
      expect(shifts[0]?.opensMs).toBe(0);
      expect(shifts.at(-1)?.closesMs).toBe(EVENING_MS);
      shifts.slice(1).forEach(({ opensMs }, i) => {
        expect(opensMs).toBe(shifts[i]?.closesMs);
      });
      expect(shifts.every(({ miscountMinor }) => miscountMinor === 0)).toBe(true);
    }),
  );
  const forgotten = shiftsOf(seededRandom(1), 'bar-1', ['ann'], EVENING_MS, ALL);
  expect(forgotten.every(({ closesMs }) => closesMs === null)).toBe(true);
  expect(() => shiftsOf(seededRandom(1), 'bar-1', [], EVENING_MS, NONE)).toThrow('Somebody has to stand');
});

const linesOf = (intent: Intent) => (intent.what === 'buy' ? intent.lines : []);

function gainedMinor(intent: Intent): number {
  switch (intent.what) {
    case 'pay-online':
      return intent.mainMinor + intent.bonusMinor;
    case 'top-up':
      return intent.amountMinor;
    case 'buy':
      return -boardMinor(intent.lines);
    default:
      return 0;
  }
}
