import type { ProductId, StandId } from '@pulsera/firmware-protocol/ids';
import { PURSE_MAX_MINOR } from '@pulsera/firmware-protocol/journal/effect';
import type { CartLine } from '@pulsera/firmware-protocol/wire/till';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { samplePlan } from '../../test/bar-sample.ts';
import { SellingPlan } from '../plan/selling.ts';
import { isOverridden, priceCart } from './price.ts';

const selling = new SellingPlan(samplePlan());
const bar = 'bar' as StandId;
const line: fc.Arbitrary<CartLine> = fc.record(
  {
    product: fc.constantFrom('beer' as ProductId, 'water' as ProductId),
    quantity: fc.integer({ min: 1, max: 9 }),
    overrideMinor: fc.nat(2000),
  },
  { requiredKeys: ['product', 'quantity'] },
) as fc.Arbitrary<CartLine>;

it('a cart costs what its lines cost, each quantity times price and deposit', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), cart => {
      const priced = priceCart(selling, bar, cart);
      const each = priced.lines.map(
        ({ quantity, unitMinor, depositMinor }) => quantity * (unitMinor + depositMinor),
      );
      expect(priced.lines.map(({ totalMinor }) => totalMinor)).toEqual(each);
      expect(priced.totalMinor).toBe(each.reduce((sum, minor) => sum + minor, 0));
    }),
  );
});

it('the order of lines changes nothing, and a line cut in two costs the same', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), cart => {
      const { totalMinor } = priceCart(selling, bar, cart);
      expect(priceCart(selling, bar, cart.toReversed()).totalMinor).toBe(totalMinor);
      const cut = cart.flatMap(each =>
        Array.from({ length: each.quantity }, () => ({ ...each, quantity: 1 })),
      );
      expect(priceCart(selling, bar, cut).totalMinor).toBe(totalMinor);
    }),
  );
});

it('the list price is kept exactly where another one is charged', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), cart => {
      const priced = priceCart(selling, bar, cart);
      for (const [i, { product, listMinor, unitMinor }] of priced.lines.entries()) {
        const planMinor = product === 'beer' ? 500 : 200;
        expect(unitMinor).toBe(cart[i]?.overrideMinor ?? planMinor);
        expect(listMinor).toBe(unitMinor === planMinor ? null : planMinor);
      }
      expect(isOverridden(priced)).toBe(priced.lines.some(({ listMinor }) => listMinor !== null));
    }),
  );
});

it("a stand's own price counts there and nowhere else", () => {
  const cart = [{ product: 'beer' as ProductId, quantity: 1 }];
  expect(priceCart(selling, 'grill' as StandId, cart).totalMinor).toBe(700);
  expect(priceCart(selling, bar, cart).totalMinor).toBe(600);
});

it('returned cups make the total smaller, below zero even', () => {
  const cart = [
    { product: 'water' as ProductId, quantity: 1 },
    { product: 'cup' as ProductId, quantity: 3 },
  ];
  expect(priceCart(selling, bar, cart).totalMinor).toBe(-100);
});

it.each([
  ['one line', 1, PURSE_MAX_MINOR + 1],
  ['the sum of lines', 2, Math.ceil(PURSE_MAX_MINOR / 2)],
])('%s beyond what a wristband can hold is refused', (_, lines, overrideMinor) => {
  const cart = Array.from({ length: lines }, () => ({
    product: 'water' as ProductId,
    quantity: 1,
    overrideMinor,
  }));
  expect(() => priceCart(selling, bar, cart)).toThrow(
    expect.objectContaining({ name: 'Fault', code: 'cart-too-large' }),
  );
});
