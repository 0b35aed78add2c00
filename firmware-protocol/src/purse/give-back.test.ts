import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BODIES } from '../../test/arbitrary-entry.ts';
import type { BoxId, Epoch, ProductId, Seq, StandId, TapId, TillId, WalletId } from '../ids.ts';
import type { Effect } from '../journal/effect.ts';
import type { TapBody } from '../journal/entry.ts';
import { type Account, accounts } from '../money/account.ts';
import { type Postings, postings } from '../money/posting.ts';
import { bookedBy, books } from './books.ts';
import { giveBack } from './give-back.ts';

const WALLET = '00112233445566ff' as WalletId;
const TILL = 'bar-1' as TillId;
const STAND = 'bar' as StandId;
const main = accounts.walletMain(WALLET);
const bonus = accounts.walletBonus(WALLET);
const [sample] = fc.sample(BODIES.tap, { numRuns: 1, seed: 1 });

function tapWith(...effects: Effect[]): TapBody {
  if (!sample) throw new Error('no sample');
  return { ...sample, wallet: WALLET, till: TILL, effects, ...books(effects, WALLET, TILL) };
}
const line = { product: 'cup' as ProductId };
const ofTap = '00000000-0000-4000-8000-000000000001' as TapId;
const purchase = (totalMinor: number, bonusMinor: number): Effect => ({
  kind: 'purchase',
  stand: STAND,
  lines: [
    {
      product: 'beer' as ProductId,
      quantity: 1,
      unitMinor: totalMinor - 100,
      listMinor: null,
      taxRateBp: 2000,
      depositMinor: 100,
    },
  ],
  totalMinor,
  bonusMinor,
  approvedBy: null,
});
const cash = (amountMinor: number): Effect => ({ kind: 'cash-topup', amountMinor, tender: 'cash' });
const out = (amountMinor: number): Effect => ({ kind: 'cash-out', amountMinor });
const load: Effect = { kind: 'credit-load', from: 0, to: 1, mainMinor: 700, bonusMinor: 70 };
const on = (lines: Postings, account: Account) =>
  lines.find(posting => posting.account === account)?.amountMinor ?? 0;
const joined = (...all: readonly Postings[]) =>
  postings(...all.flat().map(({ account, amountMinor }) => [account, amountMinor] as const));

test.each([
  ['a sale that was paid: the goods were not handed over', [purchase(600, 50)], 'posted', 550, 50],
  ['a sale with a credit loaded before it: the sale alone', [load, purchase(600, 50)], 'posted', 550, 50],
  ['a sale that was not paid: nothing', [purchase(600, 50)], 'dropped', 0, 0],
  ['cash that is on the chip: nothing', [cash(500)], 'posted', 0, 0],
  ['cash that is not on the chip', [cash(500)], 'dropped', 500, 0],
  ['cash off the chip that was not paid out', [out(500)], 'posted', 500, 0],
  ['cash still on the chip: nothing', [out(500)], 'dropped', 0, 0],
  ['cups that were credited: nothing', [purchase(-300, 0)], 'posted', 0, 0],
  ['cups that were not credited: nothing, the guest has them', [purchase(-300, 0)], 'dropped', 0, 0],
  ['a credit that was loaded: nothing', [load], 'posted', 0, 0],
  ['a credit that was not loaded: nothing, it is still in the list', [load], 'dropped', 0, 0],
  ['a top-up and a sale in one write: the sale alone', [cash(500), purchase(600, 50)], 'posted', 550, 50],
  ['a top-up and a sale that did not happen: the cash', [cash(500), purchase(600, 50)], 'dropped', 500, 0],
  ['two sales in one write: both, once', [purchase(600, 50), purchase(400, 0)], 'posted', 950, 50],
] as const)('owed for %s', (_, effects, outcome, mainMinor, bonusMinor) => {
  const back = giveBack(tapWith(...effects), outcome);
  if (mainMinor + bonusMinor === 0) {
    expect(back).toBeUndefined();
    return;
  }
  expect(back).toMatchObject({ mainMinor, bonusMinor });
  // The credit stands on the wallet, for the chip to load.
  expect(on(back?.postings ?? [], main)).toBe(-mainMinor);
  expect(on(back?.postings ?? [], bonus) + bonusMinor).toBe(0);
});

test('once given back, all of the guest’s money is accounted for and nothing stands in between', () => {
  const effects = fc.array(
    fc.oneof(
      fc
        .tuple(fc.integer({ min: 100, max: 2_000 }), fc.nat(100))
        .map(([total, part]) => purchase(total, part)),
      fc.nat(5_000).map(cash),
      fc.nat(5_000).map(out),
      fc.constant(load),
    ),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(effects, fc.constantFrom('posted' as const, 'dropped' as const), (some, outcome) => {
      const tap = tapWith(...some);
      const back = giveBack(tap, outcome);
      const all = joined(bookedBy(tap, outcome, true), back?.postings ?? []);
      expect(on(all, accounts.topupSuspense)).toBe(0);
      expect(on(all, accounts.cashoutPayable)).toBe(0);
      expect(on(all, accounts.deposit)).toBe(0);
      expect(on(all, accounts.revenue(STAND))).toBe(0);
      // The guest put cash in the drawer and nothing else happened to them.
      const paidIn = some.reduce(
        (sum, effect) => sum + (effect.kind === 'cash-topup' ? effect.amountMinor : 0),
        0,
      );
      expect(on(all, accounts.cash(TILL))).toBe(paidIn);
      expect(on(all, main) + paidIn).toBe(0);
      expect(on(all, bonus)).toBe(0);
    }),
  );
});

test('owed for cups that were paid out, and taken off again without a green screen: what was taken', () => {
  const cups: Effect = {
    ...purchase(-200, 0),
    lines: [{ ...line, quantity: 2, unitMinor: 0, taxRateBp: 0, depositMinor: -100, listMinor: null }],
  } as Effect;
  const of = { box: 1 as BoxId, epoch: 1 as Epoch, seq: 5 as Seq };
  const undo = (mainMinor: number): Effect => ({ kind: 'reversal', of, ofTap, mainMinor, bonusMinor: 0 });
  const undone = books([cups], WALLET, TILL).posted;
  const tap = { ...tapWith(load, undo(-200)), ...books([load, undo(-200)], WALLET, TILL, undone) };
  const back = giveBack(tap, 'posted');
  expect(back).toMatchObject({ mainMinor: 200, bonusMinor: 0 });
  expect(joined(bookedBy(tap, 'posted', true), back?.postings ?? [])).toEqual([]);
  expect(giveBack(tap, 'dropped')).toBeUndefined();
  expect(giveBack({ ...tap, effects: [undo(200)] }, 'posted')).toBeUndefined();
});

test('a tap whose postings are not those of its effects is given back without a fault', () => {
  const tap = {
    ...tapWith(purchase(600, 0)),
    posted: postings([main, 500], [accounts.revenue(STAND), -500]),
  };
  expect(giveBack(tap, 'posted')).toMatchObject({ mainMinor: 600 });
});
