/** What the effects of one chip write do to the books: at once (`held`), and when the write is known to have happened (`posted`). */

import type { TillId, WalletId } from '../ids.ts';
import type { Effect } from '../journal/effect.ts';
import { type Account, accounts } from '../money/account.ts';
import { taxIncludedMinor } from '../money/money.ts';
import { type Postings, postings, reversed } from '../money/posting.ts';

type Line = readonly [Account, number];

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
  const held: Line[] = [];
  const posted: Line[] = [];
  for (const effect of effects) {
    switch (effect.kind) {
      case 'purchase':
        posted.push(...saleLines(effect, wallet));
        break;
      case 'cash-topup': {
        const source = effect.tender === 'cash' ? accounts.cash(till) : accounts.cardClearing;
        held.push([source, effect.amountMinor], [accounts.topupSuspense, -effect.amountMinor]);
        posted.push(
          [accounts.topupSuspense, effect.amountMinor],
          [accounts.walletMain(wallet), -effect.amountMinor],
        );
        break;
      }
      case 'reversal':
        posted.push(...toLines(reversed(undone)));
        break;
      case 'cash-out':
        posted.push(
          [accounts.walletMain(wallet), effect.amountMinor],
          [accounts.cashoutPayable, -effect.amountMinor],
        );
        break;
      // The wallet was credited in the cloud's journal; loading only moves it from online to the chip.
      case 'credit-load':
      case 'issue':
        break;
    }
  }
  return { held: postings(...held), posted: postings(...posted) };
}

type Purchase = Extract<Effect, { kind: 'purchase' }>;

/** Guest's money out; revenue, tax and deposit in. Tax is worked out per line, as the receipt shows it. */
function saleLines(sale: Purchase, wallet: WalletId): Line[] {
  const lines: Line[] = [
    [accounts.walletBonus(wallet), sale.bonusMinor],
    [accounts.walletMain(wallet), sale.totalMinor - sale.bonusMinor],
  ];
  for (const { quantity, unitMinor, taxRateBp, depositMinor } of sale.lines) {
    const grossMinor = quantity * unitMinor;
    const taxMinor = taxIncludedMinor(grossMinor, taxRateBp);
    lines.push(
      [accounts.revenue(sale.stand), -(grossMinor - taxMinor)],
      [accounts.tax(taxRateBp), -taxMinor],
      [accounts.deposit, -(quantity * depositMinor)],
    );
  }
  return lines;
}

/**
 * All that a tap has put in the books so far. An abandoned top-up that was dropped keeps its cash in suspense: nobody
 * handed it back, so it is given back as online credit from there.
 */
export function bookedBy(tap: Books, status: 'pending' | 'posted' | 'dropped', abandoned: boolean): Postings {
  if (status === 'posted') return postings(...toLines(tap.held), ...toLines(tap.posted));
  return status === 'dropped' && !abandoned ? postings() : tap.held;
}

const toLines = (lines: Postings) => lines.map(({ account, amountMinor }): Line => [account, amountMinor]);

/** Cash leaves the drawer for a posted cash-out: the confirmed second step. */
export function drawerPaid(amountMinor: number, till: TillId): Postings {
  return postings([accounts.cashoutPayable, amountMinor], [accounts.cash(till), -amountMinor]);
}
