/** What the effects of one chip write do to the books: at once (`held`), and when the write is known to have happened (`posted`). */

import type { TillId, WalletId } from '../ids.ts';
import type { Effect } from '../journal/effect.ts';
import { accounts } from '../money/account.ts';
import { taxIncludedMinor } from '../money/money.ts';
import { Merging, type Postings, postings, reversed } from '../money/posting.ts';

export interface Books {
  readonly held: Postings;
  readonly posted: Postings;
}

/** @param undone the `posted` lines of the tap a reversal undoes, restricted to that sale. */
export function books(
  effects: readonly Effect[],
  wallet: WalletId,
  till: TillId,
  undone: Postings = [],
): Books {
  const held = new Merging();
  const posted = new Merging();
  for (const effect of effects) {
    switch (effect.kind) {
      case 'purchase':
        addSale(posted, effect, wallet);
        break;
      case 'cash-topup':
        held.add(effect.tender === 'cash' ? accounts.cash(till) : accounts.cardClearing, effect.amountMinor);
        held.add(accounts.topupSuspense, -effect.amountMinor);
        posted.add(accounts.topupSuspense, effect.amountMinor);
        posted.add(accounts.walletMain(wallet), -effect.amountMinor);
        break;
      case 'reversal':
        posted.addAll(reversed(undone));
        break;
      case 'cash-out':
        posted.add(accounts.walletMain(wallet), effect.amountMinor);
        posted.add(accounts.cashoutPayable, -effect.amountMinor);
        break;
      // The wallet was credited in the cloud's journal; loading only moves it from online to the chip.
      case 'credit-load':
      case 'issue':
        break;
    }
  }
  return { held: held.done(), posted: posted.done() };
}

type Purchase = Extract<Effect, { kind: 'purchase' }>;

/** Guest's money out; revenue, tax and deposit in. Tax is worked out per line, as the receipt shows it. */
function addSale(posted: Merging, sale: Purchase, wallet: WalletId): void {
  const revenue = accounts.revenue(sale.stand);
  if (sale.bonusMinor !== 0) posted.add(accounts.walletBonus(wallet), sale.bonusMinor);
  posted.add(accounts.walletMain(wallet), sale.totalMinor - sale.bonusMinor);
  for (const { quantity, unitMinor, taxRateBp, depositMinor } of sale.lines) {
    const grossMinor = quantity * unitMinor;
    const taxMinor = taxIncludedMinor(grossMinor, taxRateBp);
    posted.add(revenue, -(grossMinor - taxMinor));
    posted.add(accounts.tax(taxRateBp), -taxMinor);
    posted.add(accounts.deposit, -(quantity * depositMinor));
  }
}

/**
 * All that a tap has put in the books so far. An abandoned top-up that was dropped keeps its cash in suspense: nobody
 * handed it back, so it is given back as online credit from there.
 */
export function bookedBy(tap: Books, status: 'pending' | 'posted' | 'dropped', abandoned: boolean): Postings {
  if (status !== 'posted') return status === 'dropped' && !abandoned ? postings() : tap.held;
  const booked = new Merging();
  booked.addAll(tap.held);
  booked.addAll(tap.posted);
  return booked.done();
}

/** Cash leaves the drawer for a posted cash-out: the confirmed second step. */
export function drawerPaid(amountMinor: number, till: TillId): Postings {
  return postings([accounts.cashoutPayable, amountMinor], [accounts.cash(till), -amountMinor]);
}
