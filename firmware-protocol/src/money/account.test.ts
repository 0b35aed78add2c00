import { expect, test } from 'vitest';
import type { StandId, TillId, WalletId } from '../ids.ts';
import { accounts, FAMILIES, parseAccount } from './account.ts';

const WALLET = '00112233445566ff' as WalletId;

test('every account that is made is one of the chart, and says whose it is', () => {
  const made = [
    [accounts.walletMain(WALLET), 'wallet-main', WALLET],
    [accounts.walletBonus(WALLET), 'wallet-bonus', WALLET],
    [accounts.cash('bar-1' as TillId), 'cash', 'bar-1'],
    [accounts.revenue('bar' as StandId), 'revenue', 'bar'],
    [accounts.tax(2000), 'tax', '2000'],
    [accounts.tax(0), 'tax', '0'],
    [accounts.cardClearing, 'card-clearing', null],
    [accounts.onlineClearing, 'online-clearing', null],
    [accounts.promotion, 'promotion', null],
    [accounts.deposit, 'deposit', null],
    [accounts.breakage, 'breakage', null],
    [accounts.fraudLoss, 'fraud-loss', null],
    [accounts.unattributed, 'unattributed', null],
    [accounts.topupSuspense, 'topup-suspense', null],
    [accounts.cashoutPayable, 'cashout-payable', null],
    [accounts.saleInProgress, 'sale-in-progress', null],
  ] as const;
  for (const [account, family, of] of made) expect(parseAccount(account)).toEqual({ account, family, of });
  expect(new Set(made.map(([, family]) => family))).toEqual(new Set(Object.keys(FAMILIES)));
});

test('family numbers are for ever: 1 to 15, each once', () => {
  expect(Object.values(FAMILIES).map(({ number }) => number)).toEqual(
    Array.from({ length: 15 }, (_, i) => i + 1),
  );
});

test.each([
  '',
  'wallet-main',
  'wallet-main:',
  'wallet-main:00112233445566FF',
  'wallet-main:00112233445566ff0',
  'cash:',
  'cash:-bar',
  'cash:a:b',
  'deposit:',
  'deposit:x',
  'tax:02',
  'tax:100000',
  'tax:-1',
  'toString',
  '__proto__',
  'constructor:x',
])('"%s" is refused', text => {
  expect(() => parseAccount(text)).toThrow(expect.objectContaining({ code: 'account-unknown' }));
});
