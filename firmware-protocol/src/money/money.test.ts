import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currency, formatMinor, parseMinor, taxIncludedMinor } from './money.ts';

const EUR = currency('EUR');
const code = fc.constantFrom('EUR', 'JPY', 'TND').map(currency);

test.each([
  ['EUR', 1250, '12.50 EUR'],
  ['EUR', 5, '0.05 EUR'],
  ['EUR', -5, '-0.05 EUR'],
  ['JPY', 1250, '1250 JPY'],
  ['TND', 1250, '1.250 TND'],
])('%s %i reads %s', (name, minor, text) => {
  expect(formatMinor(minor, currency(name))).toBe(text);
});

test('every amount that is written reads back', () => {
  fc.assert(
    fc.property(code, fc.integer({ min: -1e12, max: 1e12 }), (unit, minor) => {
      expect(parseMinor(formatMinor(minor, unit).slice(0, -4), unit)).toBe(minor);
    }),
  );
});

test.each(['', '.5', '1.', '1.234', '1e3', ' 1', '1,5', '+1', '--1', '1.5.0', '9999999999999'])(
  'the amount "%s" is refused',
  text => {
    expect(() => parseMinor(text, EUR)).toThrow(expect.objectContaining({ code: 'amount-invalid' }));
  },
);

test('a minus before nothing is plain zero', () => {
  expect(Object.is(parseMinor('-0.00', EUR), 0)).toBe(true);
});

test.each(['eur', 'XXX', '', 'constructor', '__proto__'])('"%s" is no currency', name => {
  expect(() => currency(name)).toThrow(expect.objectContaining({ code: 'currency-unknown' }));
});

test.each([
  [1200, 2000, 200],
  [700, 2000, 117],
  // 7 at 40 % holds 2.0 exactly; 1 at 100 % holds half a cent, which rounds up.
  [7, 4000, 2],
  [1, 10_000, 1],
  [-1, 10_000, -1],
  [100, 0, 0],
  [0, 2000, 0],
])('%i holds, at %i basis points, %i of tax', (gross, rate, tax) => {
  expect(taxIncludedMinor(gross, rate)).toBe(tax);
});

test('included tax is the nearest cent to the exact tax, and turns its sign with the price', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2e11 }), fc.integer({ min: 0, max: 10_000 }), (gross, rate) => {
      const tax = taxIncludedMinor(gross, rate);
      // |tax - gross * rate / (10000 + rate)| <= 1/2, in whole numbers.
      const whole = 10_000n + BigInt(rate);
      const error = 2n * (BigInt(tax) * whole - BigInt(gross) * BigInt(rate));
      expect(error <= whole && error > -whole).toBe(true);
      expect(taxIncludedMinor(-gross, rate) + tax).toBe(0);
    }),
  );
});
