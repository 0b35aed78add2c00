/**
 * What a guest is owed for a tap that ended without a green screen, once it is known what became of it: goods not handed
 * over, cash not paid out, or cash taken and not loaded. It comes back as online credit, out of the account it stands in.
 */
import type { Effect } from '../journal/effect.ts';
import type { TapBody } from '../journal/entry.ts';
import { type Account, accounts } from '../money/account.ts';
import { type Postings, postings, reversed } from '../money/posting.ts';
import { books } from './books.ts';

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
  const lines: (readonly [Account, number])[] = [];
  const owe = (from: Account, amountMinor: number) =>
    lines.push([from, amountMinor], [accounts.walletMain(tap.wallet), -amountMinor]);
  let mainMinor = 0;
  let bonusMinor = 0;
  for (const effect of tap.effects) {
    if (effect.kind === 'purchase' && outcome === 'posted') {
      mainMinor += effect.totalMinor - effect.bonusMinor;
      bonusMinor += effect.bonusMinor;
    } else if (effect.kind === 'cash-topup' && outcome === 'dropped') {
      mainMinor += effect.amountMinor;
      owe(accounts.topupSuspense, effect.amountMinor);
    } else if (effect.kind === 'cash-out' && outcome === 'posted') {
      mainMinor += effect.amountMinor;
      owe(accounts.cashoutPayable, effect.amountMinor);
    } else if (takesBack(effect) && outcome === 'posted') {
      mainMinor -= effect.mainMinor;
    }
  }
  // A negative sale gave the guest money; there is nothing to give back then.
  if (mainMinor < 0 || mainMinor + bonusMinor <= 0) return undefined;
  if (outcome === 'posted') {
    for (const { account, amountMinor } of soldBack(tap)) lines.push([account, amountMinor]);
  }
  return { mainMinor, bonusMinor, postings: postings(...lines) };
}

/** The tap's sales, or the reversal that took money, turned back: all it posted, without what its other effects posted. */
function soldBack(tap: TapBody): Postings {
  const isSale = (effect: Effect) => effect.kind === 'purchase' || takesBack(effect);
  if (!tap.effects.some(isSale)) return [];
  const others = tap.effects.filter(effect => !isSale(effect));
  return [...reversed(tap.posted), ...books(others, tap.wallet, tap.till).posted];
}

/** The undoing of a sale that gave money: cups came back, and without a green screen were not handed out again. */
const takesBack = (effect: Effect): effect is Extract<Effect, { kind: 'reversal' }> =>
  effect.kind === 'reversal' && effect.mainMinor < 0;
