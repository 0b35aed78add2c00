/** What each request may do to a purse: one function per kind, from the request to the tap flow's `decide`. */
import type { Decline } from '@pulsera/firmware-protocol/purse/decline';
import { cashOut, charge, topUp } from '@pulsera/firmware-protocol/purse/rules';
import type { TapLeaf, TillRequestOf } from '@pulsera/firmware-protocol/wire/till';
import type { Decide } from '../tap/order.ts';
import { type Counter, checkActor } from './counter.ts';
import { isOverridden, priceCart, requireSupervisor } from './price.ts';
import { type Reversing, toReverse } from './reverse.ts';

export type TapRequest = {
  [L in TapLeaf]: { readonly leaf: L; readonly request: TillRequestOf<L> };
}[TapLeaf];

/**
 * A decline where no wristband is needed to see it. @throws Fault `operator-unknown`, `shift-not-open`, `supervisor-needed`,
 * and as `priceCart`
 */
export function decisionOn(asked: TapRequest, counter: Counter, reversing: Reversing): Decide | Decline {
  if (asked.leaf !== 'balance') checkActor(counter, reversing.journal.views, asked.request);
  switch (asked.leaf) {
    case 'balance':
      return () => ({ kind: 'decided', rules: [], takesMinor: 0 });
    case 'charge':
      return toCharge(asked.request, counter);
    case 'topup':
      return toTopUp(asked.request, counter);
    case 'cashout':
      return toCashOut(asked.request);
    case 'reverse':
      return toReverse(asked.request, reversing);
  }
}

function toCharge({ lines, approvedBy }: TillRequestOf<'charge'>, { selling, till }: Counter): Decide {
  const cart = priceCart(selling, till.stand, lines);
  const sale = {
    stand: till.stand,
    lines: cart.lines.map(({ name: _, totalMinor: __, ...line }) => line),
    totalMinor: cart.totalMinor,
    approvedBy: isOverridden(cart) ? requireSupervisor(selling, approvedBy) : null,
  };
  const rules = [charge(sale, selling.plan.caps)];
  return () => ({ kind: 'decided', rules, takesMinor: cart.totalMinor });
}

function toTopUp({ amountMinor, tender }: TillRequestOf<'topup'>, { selling }: Counter): Decide {
  const rules = [topUp(amountMinor, tender, selling.plan.caps)];
  return () => ({ kind: 'decided', rules, takesMinor: -amountMinor });
}

function toCashOut({ amountMinor }: TillRequestOf<'cashout'>): Decide {
  return (_, { balanceMinor }) => ({
    kind: 'decided',
    rules: [cashOut(amountMinor ?? undefined)],
    takesMinor: amountMinor ?? balanceMinor,
  });
}
