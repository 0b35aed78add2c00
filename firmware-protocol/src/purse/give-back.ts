/**
 * What a guest is owed for a tap that ended without a green screen, once it is known what became of it: goods not handed
 * over, cash not paid out, or cash taken and not loaded. It comes back as online credit, out of the account it stands in.
 */

import type { TapBody } from '../journal/entry.ts';
import { accounts } from '../money/account.ts';
import { type Postings, postings, reversed } from '../money/posting.ts';

export interface GiveBack {
  readonly mainMinor: number;
  readonly bonusMinor: number;
  readonly postings: Postings;
}

/**
 * Undefined when nothing is owed. Only for taps that were abandoned: where the till stayed with the guest, it has
 * handed over the goods, the cash, or the cash back itself.
 */
export function giveBack(tap: TapBody, outcome: 'posted' | 'dropped'): GiveBack | undefined {
  const owed = {
    mainMinor: 0,
    bonusMinor: 0,
    lines: [] as { account: Postings[number]['account']; amountMinor: number }[],
  };
  for (const effect of tap.effects) {
    if (effect.kind === 'purchase' && outcome === 'posted') {
      owed.mainMinor += effect.totalMinor - effect.bonusMinor;
      owed.bonusMinor += effect.bonusMinor;
      owed.lines.push(...reversed(tap.posted));
    } else if (effect.kind === 'cash-topup' && outcome === 'dropped') {
      owed.mainMinor += effect.amountMinor;
      owed.lines.push(
        { account: accounts.topupSuspense, amountMinor: effect.amountMinor },
        { account: accounts.walletMain(tap.wallet), amountMinor: -effect.amountMinor },
      );
    } else if (effect.kind === 'cash-out' && outcome === 'posted') {
      owed.mainMinor += effect.amountMinor;
      owed.lines.push(
        { account: accounts.cashoutPayable, amountMinor: effect.amountMinor },
        { account: accounts.walletMain(tap.wallet), amountMinor: -effect.amountMinor },
      );
    }
  }
  // A negative sale gave the guest money; there is nothing to give back then.
  if (owed.mainMinor < 0 || owed.mainMinor + owed.bonusMinor <= 0) return undefined;
  const lines = owed.lines.map(({ account, amountMinor }) => [account, amountMinor] as const);
  return { mainMinor: owed.mainMinor, bonusMinor: owed.bonusMinor, postings: postings(...lines) };
}
