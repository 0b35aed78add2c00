import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BoxId, Epoch, KeySetNumber, ProductId, Seq, StandId, TapId } from '../ids.ts';
import type { Effect } from '../journal/effect.ts';
import { DECLINES, type DeclineReason } from './decline.ts';
import type { Image } from './image.ts';
import { type Credit, cashOut, charge, creditsToLoad, type Rule, reversal, topUp, write } from './rules.ts';

const MAX = 0xff_ff_ff;
const KEYS = 1 as KeySetNumber;
const CAPS = { chargeMinor: MAX, chipMinor: MAX };
const amount = fc.oneof(fc.nat(MAX), fc.nat(500));
const holding = fc.record({ balanceMinor: amount, bonusMinor: amount, creditNumber: fc.nat(255) });
const image = fc
  .tuple(holding, fc.nat(0xfffe), fc.nat(0xffff))
  .map(([held, counter, nonce]): Image => ({ ...held, counter, nonce, keySet: KEYS }));

const sale = (totalMinor: number) => ({
  stand: 'bar' as StandId,
  lines: [
    {
      product: 'beer' as ProductId,
      quantity: 1,
      unitMinor: totalMinor,
      listMinor: null,
      taxRateBp: 2000,
      depositMinor: 0,
    },
  ],
  totalMinor,
  approvedBy: null,
});
const undone = (mainMinor: number, bonusMinor: number) => ({
  of: { box: 1 as BoxId, epoch: 1 as Epoch, seq: 1 as Seq },
  ofTap: '0123abcd-0000-4000-8000-0123456789ab' as TapId,
  mainMinor,
  bonusMinor,
});

/** What an effect says it does, redone by whoever reads the journal. */
function moves(effect: Effect): { main: number; bonus: number } {
  switch (effect.kind) {
    case 'purchase':
      return { main: effect.bonusMinor - effect.totalMinor, bonus: -effect.bonusMinor };
    case 'cash-topup':
      return { main: effect.amountMinor, bonus: 0 };
    case 'credit-load':
    case 'reversal':
      return { main: effect.mainMinor, bonus: effect.bonusMinor };
    case 'cash-out':
      return { main: -effect.amountMinor, bonus: 0 };
    case 'issue':
      return { main: 0, bonus: 0 };
  }
}

const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc
    .tuple(fc.integer({ min: -MAX, max: MAX }), amount)
    .map(([total, cap]) => charge(sale(total), { ...CAPS, chargeMinor: cap })),
  fc
    .tuple(amount, fc.constantFrom('cash' as const, 'card' as const), amount)
    .map(([sum, tender, cap]) => topUp(sum, tender, { ...CAPS, chipMinor: cap })),
  fc.tuple(fc.integer({ min: -MAX, max: MAX }), amount).map(([main, bonus]) => reversal(undone(main, bonus))),
  fc.option(amount, { nil: undefined }).map(cashOut),
);
const credits = fc.uniqueArray(
  fc.record({ number: fc.integer({ min: 1, max: 12 }), mainMinor: amount, bonusMinor: amount }),
  { selector: credit => credit.number, maxLength: 12 },
);

test('a write moves exactly what its effects say, and stays within what a purse can hold', () => {
  fc.assert(
    fc.property(
      image,
      fc.array(rule, { maxLength: 4 }),
      credits,
      fc.nat(0xffff),
      (current, rules, list, nonce) => {
        const load = creditsToLoad(current, list);
        const otherNonce = 3;
        const result = write({ current, otherNonce }, load ? [load, ...rules] : rules, KEYS, nonce);
        if (result.kind === 'declined') {
          expect(Object.keys(DECLINES)).toContain(result.reason);
          return;
        }
        const { effects } = result;
        const sum = (of: 'main' | 'bonus') => effects.reduce((total, effect) => total + moves(effect)[of], 0);
        expect(result.image.balanceMinor - current.balanceMinor).toBe(sum('main'));
        expect(result.image.bonusMinor - current.bonusMinor).toBe(sum('bonus'));
        const loaded = effects.find(({ kind }) => kind === 'credit-load');
        const to = loaded?.kind === 'credit-load' ? loaded.to : current.creditNumber;
        expect(result.image.creditNumber).toBe(to);
        for (const value of [result.image.balanceMinor, result.image.bonusMinor]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(MAX);
        }
        expect(result.image.counter).toBe(current.counter + 1);
        expect(effects).toHaveLength(rules.length + (load ? 1 : 0));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('the nonce is always another than the two on the chip', () => {
  fc.assert(
    fc.property(image, fc.nat(0xffff), fc.nat(0xffff), (current, otherNonce, nonce) => {
      for (const drawn of [nonce, current.nonce, otherNonce, 0xffff]) {
        const result = write({ current, otherNonce }, [], KEYS, drawn);
        if (result.kind !== 'write') throw new Error(result.reason);
        expect([current.nonce, otherNonce]).not.toContain(result.image.nonce);
        expect(result.image.nonce).toBeLessThanOrEqual(0xffff);
        if (drawn !== current.nonce && drawn !== otherNonce) expect(result.image.nonce).toBe(drawn);
      }
    }),
  );
  const current = {
    counter: 1,
    nonce: 0xffff,
    balanceMinor: 0,
    bonusMinor: 0,
    creditNumber: 0,
    keySet: KEYS,
  };
  expect(write({ current, otherNonce: 0 }, [], KEYS, 0xffff)).toMatchObject({ image: { nonce: 1 } });
});

test('a write is sealed under the key set it is given, not the one it found', () => {
  const current = { counter: 1, nonce: 1, balanceMinor: 0, bonusMinor: 0, creditNumber: 0, keySet: KEYS };
  expect(write({ current, otherNonce: 0 }, [], 2 as KeySetNumber, 5)).toMatchObject({ image: { keySet: 2 } });
});

test('bonus is spent first, and only what it does not cover comes from main', () => {
  fc.assert(
    fc.property(holding, amount, (held, total) => {
      const result = charge(sale(total), CAPS)(held);
      if (result.kind === 'declined') {
        expect(held.balanceMinor + held.bonusMinor).toBeLessThan(total);
        expect(result).toMatchObject({
          reason: 'insufficient-balance',
          figures: { missingMinor: total - held.balanceMinor - held.bonusMinor },
        });
        return;
      }
      const bonus = Math.min(held.bonusMinor, total);
      expect(result.effect).toMatchObject({ kind: 'purchase', bonusMinor: bonus, totalMinor: total });
      expect(result.holding.bonusMinor).toBe(held.bonusMinor - bonus);
      expect(result.holding.balanceMinor).toBe(held.balanceMinor - (total - bonus));
    }),
  );
});

test('cups that come back for more than is due go to main, and never make bonus', () => {
  const held = { balanceMinor: 100, bonusMinor: 50, creditNumber: 0 };
  expect(charge(sale(-30), CAPS)(held)).toMatchObject({
    holding: { balanceMinor: 130, bonusMinor: 50 },
    effect: { totalMinor: -30, bonusMinor: 0 },
  });
});

test('bonus is never paid out', () => {
  fc.assert(
    fc.property(holding, fc.option(amount, { nil: undefined }), (held, wanted) => {
      const result = cashOut(wanted)(held);
      if (result.kind === 'declined') {
        expect(held.balanceMinor === 0 || (wanted ?? 0) > held.balanceMinor).toBe(true);
        return;
      }
      expect(result.holding).toEqual({
        ...held,
        balanceMinor: held.balanceMinor - (wanted ?? held.balanceMinor),
      });
    }),
  );
});

test('a reversal gives main and bonus back to where they came from', () => {
  fc.assert(
    fc.property(holding, amount, (held, total) => {
      const paid = charge(sale(total), CAPS)(held);
      fc.pre(paid.kind === 'step' && paid.effect.kind === 'purchase');
      if (paid.kind !== 'step' || paid.effect.kind !== 'purchase') return;
      const { totalMinor, bonusMinor } = paid.effect;
      expect(reversal(undone(totalMinor - bonusMinor, bonusMinor))(paid.holding)).toMatchObject({
        kind: 'step',
        holding: held,
      });
    }),
  );
});

test('credits are loaded once each, whatever arrives late, twice, or in what order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ mainMinor: fc.nat(1_000), bonusMinor: fc.nat(1_000) }), { maxLength: 12 }),
      fc.infiniteStream(fc.nat(20)),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      (amounts, draws, torn) => {
        const list = amounts.map((credit, i): Credit => ({ number: i + 1, ...credit }));
        const draw = () => draws.next().value ?? 0;
        let held = { balanceMinor: 0, bonusMinor: 0, creditNumber: 0 };
        const tap = (known: readonly Credit[], isTorn: boolean) => {
          const result = creditsToLoad(held, known)?.(held);
          if (result?.kind === 'step' && !isTorn) held = result.holding;
        };
        // Boxes that each know some of the list, some of it twice, in any order; some writes are torn.
        for (const isTorn of torn) {
          const known = list
            .filter(() => draw() % 3 > 0)
            .flatMap(credit => (draw() % 4 === 0 ? [credit, credit] : [credit]));
          tap(
            known.sort(() => (draw() % 2 === 0 ? 1 : -1)),
            isTorn,
          );
          const loaded = list.filter(({ number }) => number <= held.creditNumber);
          expect(held.balanceMinor).toBe(loaded.reduce((sum, { mainMinor }) => sum + mainMinor, 0));
          expect(held.bonusMinor).toBe(loaded.reduce((sum, { bonusMinor }) => sum + bonusMinor, 0));
        }
        tap(list, false);
        expect(held.creditNumber).toBe(list.length);
        expect(creditsToLoad(held, list)).toBeUndefined();
      },
    ),
  );
});

test('a credit that is listed twice does not hold up those after it', () => {
  const held = { balanceMinor: 0, bonusMinor: 0, creditNumber: 0 };
  const credit = (number: number) => ({ number, mainMinor: 10, bonusMinor: 1 });
  expect(creditsToLoad(held, [credit(1), credit(1), credit(2)])?.(held)).toMatchObject({
    holding: { balanceMinor: 20, bonusMinor: 2, creditNumber: 2 },
    effect: { from: 0, to: 2 },
  });
});

test('a credit is not loaded past a missing one, nor beyond what the chip can hold', () => {
  const held = { balanceMinor: MAX - 5, bonusMinor: 0, creditNumber: 3 };
  const credit = (number: number, mainMinor: number) => ({ number, mainMinor, bonusMinor: 0 });
  expect(creditsToLoad(held, [credit(5, 1)])).toBeUndefined();
  expect(creditsToLoad(held, [credit(4, 6)])).toBeUndefined();
  expect(creditsToLoad(held, [credit(4, 5), credit(5, 1)])?.(held)).toMatchObject({ effect: { to: 4 } });
  const last = { ...held, balanceMinor: 0, creditNumber: 254 };
  expect(creditsToLoad(last, [credit(255, 1), credit(256, 1)])?.(last)).toMatchObject({
    effect: { to: 255 },
  });
});

test('the same loading cannot stand twice in one write', () => {
  const current = { counter: 1, nonce: 1, balanceMinor: 0, bonusMinor: 0, creditNumber: 0, keySet: KEYS };
  const load = creditsToLoad(current, [{ number: 1, mainMinor: 10, bonusMinor: 0 }]);
  if (!load) throw new Error('nothing to load');
  expect(() => write({ current, otherNonce: 0 }, [load, load], KEYS, 5)).toThrow(RangeError);
});

test('a credit and a charge go in one write, and the charge may spend the credit', () => {
  const current = { counter: 8, nonce: 1, balanceMinor: 0, bonusMinor: 0, creditNumber: 2, keySet: KEYS };
  const load = creditsToLoad(current, [{ number: 3, mainMinor: 700, bonusMinor: 100 }]);
  const result = write(
    { current, otherNonce: 0 },
    [...(load ? [load] : []), charge(sale(750), CAPS)],
    KEYS,
    5,
  );
  expect(result).toMatchObject({
    image: { counter: 9, balanceMinor: 50, bonusMinor: 0, creditNumber: 3 },
    effects: [{ kind: 'credit-load' }, { kind: 'purchase', bonusMinor: 100 }],
  });
});

test('of several reasons to decline, the first in the documented order is given', () => {
  const order = Object.keys(DECLINES) as DeclineReason[];
  const full = { counter: 0xffff, nonce: 1, balanceMinor: 0, bonusMinor: 0, creditNumber: 0, keySet: KEYS };
  const reason = (current: Image, only: Rule) => {
    const result = write({ current, otherNonce: 0 }, [only], KEYS, 5);
    return result.kind === 'declined' ? result.reason : undefined;
  };
  const small = { chargeMinor: 10, chipMinor: 10 };
  // Each would be declined for the second reason too.
  for (const [first, second, current, only] of [
    ['charge-cap', 'insufficient-balance', full, charge(sale(11), small)],
    ['insufficient-balance', 'counter-exhausted', full, charge(sale(5), small)],
    ['cash-out-nothing', 'insufficient-balance', full, cashOut(5)],
    ['chip-cap', 'counter-exhausted', full, topUp(11, 'cash', small)],
    ['chip-cap', 'counter-exhausted', { ...full, balanceMinor: MAX }, charge(sale(-1), CAPS)],
    ['counter-exhausted', 'counter-exhausted', full, topUp(5, 'cash', small)],
  ] as const) {
    expect(reason(current, only)).toBe(first);
    expect(order.indexOf(first)).toBeLessThanOrEqual(order.indexOf(second));
  }
});

test('the chip cap counts bonus, and a top-up up to it passes', () => {
  const held = { balanceMinor: 60, bonusMinor: 30, creditNumber: 0 };
  const caps = { chargeMinor: MAX, chipMinor: 100 };
  expect(topUp(10, 'card', caps)(held)).toMatchObject({ kind: 'step', effect: { tender: 'card' } });
  expect(topUp(11, 'card', caps)(held)).toMatchObject({ reason: 'chip-cap', figures: { limitMinor: 100 } });
});

test('a counter at its end is the last image a wristband takes', () => {
  const current = {
    counter: 0xfffe,
    nonce: 1,
    balanceMinor: 9,
    bonusMinor: 0,
    creditNumber: 0,
    keySet: KEYS,
  };
  expect(write({ current, otherNonce: 0 }, [], KEYS, 5)).toMatchObject({ image: { counter: 0xffff } });
  expect(write({ current: { ...current, counter: 0xffff }, otherNonce: 0 }, [], KEYS, 5)).toMatchObject({
    reason: 'counter-exhausted',
  });
});
