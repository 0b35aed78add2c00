import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BoxId, Epoch, ProductId, Seq, StandId, TapId, TillId, WalletId } from '../ids.ts';
import type { Effect, SaleLine } from '../journal/effect.ts';
import { type Account, accounts } from '../money/account.ts';
import { taxIncludedMinor } from '../money/money.ts';
import { type Postings, postings } from '../money/posting.ts';
import { bookedBy, books, drawerPaid } from './books.ts';

const WALLET = '00112233445566ff' as WalletId;
const TILL = 'bar-1' as TillId;
const STAND = 'bar' as StandId;
const main = accounts.walletMain(WALLET);
const bonus = accounts.walletBonus(WALLET);

const line: fc.Arbitrary<SaleLine> = fc.record({
  product: fc.constant('beer' as ProductId),
  quantity: fc.integer({ min: 1, max: 20 }),
  unitMinor: fc.nat(2_000),
  listMinor: fc.constant(null),
  taxRateBp: fc.constantFrom(0, 700, 1000, 2000),
  depositMinor: fc.integer({ min: -200, max: 200 }),
});

function purchase(lines: readonly SaleLine[], share: number): Effect {
  const totalMinor = lines.reduce(
    (sum, { quantity, unitMinor, depositMinor }) => sum + quantity * (unitMinor + depositMinor),
    0,
  );
  const bonusMinor = Math.floor((Math.max(0, totalMinor) * share) / 100);
  return { kind: 'purchase', stand: STAND, lines, totalMinor, bonusMinor, approvedBy: null };
}
const sale = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 6 }), fc.nat(100))
  .map(([lines, share]) => purchase(lines, share));
const effect: fc.Arbitrary<Effect> = fc.oneof(
  sale,
  fc.record({
    kind: fc.constant('cash-topup' as const),
    amountMinor: fc.nat(0xff_ff_ff),
    tender: fc.constantFrom('cash' as const, 'card' as const),
  }),
  fc.record({
    kind: fc.constant('credit-load' as const),
    from: fc.constant(0),
    to: fc.constant(1),
    mainMinor: fc.nat(9_999),
    bonusMinor: fc.nat(9_999),
  }),
  fc.record({ kind: fc.constant('cash-out' as const), amountMinor: fc.nat(0xff_ff_ff) }),
  fc.constant({ kind: 'issue', ageClass: 18 } as const),
);
const on = (lines: Postings, account: Account) =>
  lines.find(posting => posting.account === account)?.amountMinor ?? 0;
const sumOf = (lines: Postings) => lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
const joined = (...all: readonly Postings[]) =>
  postings(...all.flat().map(({ account, amountMinor }) => [account, amountMinor] as const));

test('whatever a write does, what it holds and what it posts both sum to zero', () => {
  fc.assert(
    fc.property(fc.array(effect, { maxLength: 4 }), effects => {
      const { held, posted } = books(effects, WALLET, TILL);
      expect(sumOf(held)).toBe(0);
      expect(sumOf(posted)).toBe(0);
      // Nothing a guest owns moves before the write is known to have happened.
      expect(on(held, main)).toBe(0);
      expect(on(held, bonus)).toBe(0);
    }),
  );
});

test('posted, a wallet owes what went off the chip less, and what came on more; loading a credit moves nothing', () => {
  fc.assert(
    fc.property(fc.array(effect, { maxLength: 4 }), effects => {
      const { posted } = books(effects, WALLET, TILL);
      let mainMinor = 0;
      let bonusMinor = 0;
      for (const each of effects) {
        if (each.kind === 'purchase') {
          mainMinor -= each.totalMinor - each.bonusMinor;
          bonusMinor -= each.bonusMinor;
        } else if (each.kind === 'cash-topup') mainMinor += each.amountMinor;
        else if (each.kind === 'cash-out') mainMinor -= each.amountMinor;
      }
      expect(on(posted, main) + mainMinor).toBe(0);
      expect(on(posted, bonus) + bonusMinor).toBe(0);
    }),
  );
});

test('tax is worked out on each line, as the receipt shows it, and revenue is what is left', () => {
  const lines: SaleLine[] = [1, 2, 3].map(quantity => ({
    product: 'shot' as ProductId,
    quantity,
    unitMinor: 3,
    listMinor: null,
    taxRateBp: 2000,
    depositMinor: 0,
  }));
  const { posted } = books([purchase(lines, 0)], WALLET, TILL);
  // 3, 6 and 9 hold 0.5, 1 and 1.5: rounded line by line 1 + 1 + 2, not 3 for the sum of 18.
  expect(on(posted, accounts.tax(2000))).toBe(-4);
  expect(on(posted, accounts.revenue(STAND))).toBe(-14);
  expect(on(posted, main)).toBe(18);
});

test('a sale splits into revenue, tax per rate and deposit, to the cent', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), fc.nat(100), (lines, share) => {
      const { posted } = books([purchase(lines, share)], WALLET, TILL);
      const gross = (each: SaleLine) => each.quantity * each.unitMinor;
      for (const rate of [0, 700, 1000, 2000]) {
        const tax = lines
          .filter(({ taxRateBp }) => taxRateBp === rate)
          .reduce((sum, each) => sum + taxIncludedMinor(gross(each), rate), 0);
        expect(on(posted, accounts.tax(rate)) + tax).toBe(0);
      }
      const deposit = lines.reduce((sum, { quantity, depositMinor }) => sum + quantity * depositMinor, 0);
      expect(on(posted, accounts.deposit) + deposit).toBe(0);
    }),
  );
});

test('a purchase whose total is not that of its lines has no books', () => {
  const right = purchase(
    [
      {
        product: 'beer' as ProductId,
        quantity: 1,
        unitMinor: 500,
        listMinor: null,
        taxRateBp: 0,
        depositMinor: 0,
      },
    ],
    0,
  );
  expect(() => books([{ ...right, totalMinor: 499 } as Effect], WALLET, TILL)).toThrow(
    expect.objectContaining({ code: 'postings-unbalanced' }),
  );
});

test('reversed, a sale leaves nothing in the books', () => {
  fc.assert(
    fc.property(sale, sold => {
      if (sold.kind !== 'purchase') return;
      const { posted } = books([sold], WALLET, TILL);
      const undoing: Effect = {
        kind: 'reversal',
        of: { box: 1 as BoxId, epoch: 1 as Epoch, seq: 1 as Seq },
        ofTap: '0123abcd-0000-4000-8000-0123456789ab' as TapId,
        mainMinor: sold.totalMinor - sold.bonusMinor,
        bonusMinor: sold.bonusMinor,
      };
      const back = books([undoing], WALLET, TILL, posted);
      expect(back.held).toEqual([]);
      expect(joined(posted, back.posted)).toEqual([]);
      expect(on(back.posted, main) + undoing.mainMinor).toBe(0);
      expect(on(back.posted, bonus) + undoing.bonusMinor).toBe(0);
    }),
  );
});

test('cash stands in suspense until the top-up is known to be on the chip; card money in clearing', () => {
  const cash = books([{ kind: 'cash-topup', amountMinor: 500, tender: 'cash' }], WALLET, TILL);
  expect(cash.held).toEqual(postings([accounts.cash(TILL), 500], [accounts.topupSuspense, -500]));
  expect(cash.posted).toEqual(postings([accounts.topupSuspense, 500], [main, -500]));
  const card = books([{ kind: 'cash-topup', amountMinor: 500, tender: 'card' }], WALLET, TILL);
  expect(card.held).toEqual(postings([accounts.cardClearing, 500], [accounts.topupSuspense, -500]));
});

test('a cash-out is owed until the drawer has paid it, once', () => {
  const { held, posted } = books([{ kind: 'cash-out', amountMinor: 500 }], WALLET, TILL);
  expect(held).toEqual([]);
  expect(joined(posted, drawerPaid(500, TILL))).toEqual(postings([main, 500], [accounts.cash(TILL), -500]));
});

test('pending books what is held, posted both, dropped nothing unless the till had given up', () => {
  fc.assert(
    fc.property(fc.array(effect, { maxLength: 4 }), effects => {
      const tap = books(effects, WALLET, TILL);
      for (const abandoned of [false, true]) {
        expect(bookedBy(tap, 'pending', abandoned)).toEqual(tap.held);
        expect(bookedBy(tap, 'posted', abandoned)).toEqual(joined(tap.held, tap.posted));
      }
      expect(bookedBy(tap, 'dropped', false)).toEqual([]);
      expect(bookedBy(tap, 'dropped', true)).toEqual(tap.held);
    }),
  );
});
