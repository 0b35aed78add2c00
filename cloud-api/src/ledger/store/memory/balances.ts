import { type Account, accounts } from '@pulsera/firmware-protocol/money/account';
import type { Balances } from '../balances.ts';
import type { EventTables } from './event-tables.ts';

export function balancesIn({ balances, chips }: EventTables): Balances {
  return {
    async add(box, deltas) {
      for (const [account, amountMinor] of deltas) {
        if (amountMinor === 0) continue;
        const key = `${box} ${account}`;
        balances.put(key, { account, amountMinor: (balances.get(key)?.amountMinor ?? 0) + amountMinor });
      }
    },
    async all() {
      const sums = new Map<Account, number>();
      const add = (account: Account, amountMinor: number) =>
        sums.set(account, (sums.get(account) ?? 0) + amountMinor);
      for (const { account, amountMinor } of balances.all()) add(account, amountMinor);
      for (const { wallet, mainMinor, bonusMinor } of chips.all()) {
        add(accounts.walletMain(wallet), mainMinor);
        add(accounts.walletBonus(wallet), bonusMinor);
      }
      return [...sums]
        .filter(([, amountMinor]) => amountMinor !== 0)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([account, amountMinor]) => ({ account, amountMinor }));
    },
    async withoutChips(wanted) {
      const shares = wanted.map(account => [account, balances.ofGroup(account)] as const);
      return new Map(
        shares
          .filter(([, rows]) => rows.length > 0)
          .map(([account, rows]) => [account, rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0)]),
      );
    },
  };
}
