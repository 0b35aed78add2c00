import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TillId } from '../ids.ts';
import { accounts } from './account.ts';
import { assertBalanced, postings, reversed } from './posting.ts';

const account = fc.constantFrom(
  accounts.deposit,
  accounts.breakage,
  accounts.cardClearing,
  accounts.cash('bar-1' as TillId),
  accounts.tax(2000),
);
const lines = fc.array(fc.tuple(account, fc.integer()), { maxLength: 12 });
const unbalanced = expect.objectContaining({ code: 'postings-unbalanced' });

test('postings are merged by account, ordered, free of zeros, and sum to zero', () => {
  fc.assert(
    fc.property(lines, some => {
      const sum = some.reduce((total, [, amount]) => total + amount, 0);
      const made = postings(...some, [accounts.unattributed, -sum]);
      expect(made.reduce((total, { amountMinor }) => total + amountMinor, 0)).toBe(0);
      expect(made.every(({ amountMinor }) => amountMinor !== 0)).toBe(true);
      const names = made.map(posting => posting.account);
      expect(names).toEqual([...new Set(names)].sort());
      for (const { account, amountMinor } of made.filter(posting => posting.account !== 'unattributed')) {
        const expected = some.filter(([name]) => name === account).reduce((total, [, n]) => total + n, 0);
        expect(amountMinor).toBe(expected);
      }
    }),
  );
});

test('anything that does not sum to zero is refused', () => {
  fc.assert(
    fc.property(lines, some => {
      const sum = some.reduce((total, [, amount]) => total + amount, 0);
      fc.pre(sum !== 0);
      expect(() => postings(...some)).toThrow(unbalanced);
    }),
  );
});

test('a cent that is lost in the last digits of a huge sum does not pass for balanced', () => {
  const max = Number.MAX_SAFE_INTEGER;
  const huge = [
    [accounts.deposit, max],
    [accounts.breakage, max],
    [accounts.unattributed, -1],
    [accounts.promotion, -max],
    [accounts.fraudLoss, -max],
    [accounts.cardClearing, 2],
  ] as const;
  // In floating point this comes to 0; in truth it is 1.
  expect(huge.reduce((sum, [, amount]) => sum + amount, 0)).toBe(0);
  expect(() => assertBalanced(huge.map(([account, amountMinor]) => ({ account, amountMinor })))).toThrow(
    unbalanced,
  );
});

test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('an amount of %d is refused', amount => {
  expect(() => postings([accounts.deposit, amount], [accounts.breakage, -amount])).toThrow(unbalanced);
});

test('turned back, postings undo themselves', () => {
  const made = postings([accounts.deposit, 7], [accounts.breakage, -7]);
  const both = [...made, ...reversed(made)];
  expect(postings(...both.map(({ account, amountMinor }) => [account, amountMinor] as const))).toEqual([]);
});
