/** What each request may do to a purse: one function per kind, from the request to the tap flow's `decide`. */
import type { TapId } from '@pulsera/firmware-protocol/ids';
import { type Decline, declined } from '@pulsera/firmware-protocol/purse/decline';
import { cashOut, charge, reversal, topUp } from '@pulsera/firmware-protocol/purse/rules';
import type { TapLeaf, TillRequestOf } from '@pulsera/firmware-protocol/wire/till';
import type { TapRecord, Views } from '../journal/views.ts';
import type { Decide } from '../tap/order.ts';
import { type Counter, checkActor } from './counter.ts';
import { isOverridden, priceCart, requireSupervisor } from './price.ts';

export type TapRequest = {
  [L in TapLeaf]: { readonly leaf: L; readonly request: TillRequestOf<L> };
}[TapLeaf];

/**
 * A decline where no wristband is needed to see it. @throws Fault `operator-unknown`, `shift-not-open`, `supervisor-needed`,
 * and as `priceCart`
 */
export function decisionOn(asked: TapRequest, counter: Counter, views: Views): Decide | Decline {
  if (asked.leaf !== 'balance') checkActor(counter, views, asked.request);
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
      return toReverse(asked.request, views);
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

function toReverse({ tapId, ofTapId }: TillRequestOf<'reverse'>, views: Views): Decide | Decline {
  const found = reversible(views, tapId, ofTapId);
  if (found.kind === 'declined') return found;
  const { record } = found;
  const { uid, posted } = record.entry.body;
  const rules = [reversal(undoing(record))];
  return ({ chip }) => {
    if (chip.uid !== uid) return declined('reversal-other-chip');
    // Looked at once more: another till may have been quicker while this one waited for the wristband.
    const still = reversible(views, tapId, ofTapId);
    if (still.kind === 'declined') return still;
    return { kind: 'decided', rules, takesMinor: -paidMinor(record), undone: posted };
  };
}

/** Once, by one tap, and only what this box sold and told the till so. */
function reversible(
  views: Views,
  tap: TapId,
  of: TapId,
): { readonly kind: 'reversible'; readonly record: TapRecord } | Decline {
  const record = views.tapAnswer(of);
  const isSale = record?.entry.body.effects.some(({ kind }) => kind === 'purchase');
  if (record === undefined || !isSale || record.state !== 'posted' || record.abandoned) {
    return declined('reversal-unknown');
  }
  const by = views.reversalOf(record.ref);
  return by !== undefined && by !== tap ? declined('reversal-done') : { kind: 'reversible', record };
}

function undoing({ ref, entry }: TapRecord) {
  let mainMinor = 0;
  let bonusMinor = 0;
  for (const effect of entry.body.effects) {
    if (effect.kind !== 'purchase') continue;
    mainMinor += effect.totalMinor - effect.bonusMinor;
    bonusMinor += effect.bonusMinor;
  }
  return { of: ref, ofTap: entry.body.tap, mainMinor, bonusMinor };
}

function paidMinor(record: TapRecord): number {
  const { mainMinor, bonusMinor } = undoing(record);
  return mainMinor + bonusMinor;
}
