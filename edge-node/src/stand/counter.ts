/** A till at its stand, as one plan has it: the context of one request, from its start to its end. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { OperatorId, ShiftId, TillId } from '@pulsera/firmware-protocol/ids';
import type { PlanTill } from '@pulsera/firmware-protocol/wire/plan';
import type { Views } from '../journal/views.ts';
import type { SellingPlan } from '../plan/selling.ts';

export interface Counter {
  readonly selling: SellingPlan;
  readonly till: PlanTill;
}

/** @throws Fault `plan-missing`, `till-unknown` */
export function counterOf(selling: SellingPlan | undefined, tillId: TillId): Counter {
  if (selling === undefined) {
    throw new Fault('plan-missing', 'Connect the box to the cloud once: it has no plan to sell by yet.');
  }
  const till = selling.till(tillId);
  if (till === undefined) {
    throw new Fault('till-unknown', 'Add this till to the event and publish the plan again.', {
      detail: { till: tillId, plan: selling.plan.version },
    });
  }
  return { selling, till };
}

/** @throws Fault `operator-unknown`, `shift-not-open` for who and what the till names; it may name neither */
export function checkActor(
  { selling, till }: Counter,
  views: Views,
  { operator, shift }: { readonly operator: OperatorId | null; readonly shift: ShiftId | null },
): void {
  if (operator !== null) requireOperator(selling, operator);
  if (shift !== null && views.openShift(till.id)?.shift !== shift) throw shiftNotOpen();
}

/** @throws Fault `operator-unknown` */
export function requireOperator(selling: SellingPlan, operator: OperatorId): void {
  if (selling.operator(operator) !== undefined) return;
  throw new Fault(
    'operator-unknown',
    'Add this person to the staff of the event and publish the plan again.',
    {
      detail: { operator },
    },
  );
}

export const shiftNotOpen = () =>
  new Fault('shift-not-open', 'Open a shift at this till first, or name the one that is open.');
