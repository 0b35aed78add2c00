/** Cash over the counter: the second, confirmed step of a cash-out, and the drawer's count when a shift ends. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { drawerPaid } from '@pulsera/firmware-protocol/purse/books';
import type { TillRequestOf } from '@pulsera/firmware-protocol/wire/till';
import type { Journal } from '../journal/journal.ts';
import { type Counter, requireOperator, shiftNotOpen } from './counter.ts';
import { requireSupervisor } from './price.ts';

/** For the screen: minor units by name. */
export type Figures = Readonly<Record<string, number>>;

/** Once per posted cash-out, at the till that made it. @throws Fault `cash-out-unknown`, `drawer-paid-already`, `operator-unknown` */
export async function payFromDrawer(
  journal: Journal,
  { selling, till }: Counter,
  { tapId, operator }: TillRequestOf<'drawer-paid'>,
): Promise<Figures> {
  if (operator !== null) requireOperator(selling, operator);
  const record = journal.views.tapAnswer(tapId);
  const amountMinor = record?.entry.body.effects.find(effect => effect.kind === 'cash-out')?.amountMinor;
  const isOurs = record?.state === 'posted' && !record.abandoned && record.entry.body.till === till.id;
  if (record === undefined || amountMinor === undefined || !isOurs) {
    throw new Fault('cash-out-unknown', 'Pay out only what this till showed as approved.', {
      detail: { tap: tapId },
    });
  }
  if (journal.views.isDrawerPaid(record.ref)) {
    throw new Fault('drawer-paid-already', 'Pay nothing more: this cash-out was handed over before.', {
      detail: { tap: tapId },
    });
  }
  const body = { of: record.ref, tap: tapId, till: till.id, operator };
  await journal.append([
    { kind: 'drawer-paid', body: { ...body, postings: drawerPaid(amountMinor, till.id) } },
  ]);
  return { amountMinor };
}

type ShiftRequest<A> = Extract<TillRequestOf<'shift'>, { action: A }>;

/** @throws Fault `shift-open-already`, `operator-unknown` */
export async function openShift(
  journal: Journal,
  { selling, till }: Counter,
  { shift, operator, floatMinor }: ShiftRequest<'open'>,
): Promise<Figures> {
  requireOperator(selling, operator);
  const open = journal.views.openShift(till.id);
  if (open !== undefined && open.shift !== shift) {
    throw new Fault('shift-open-already', 'Close the shift that is open at this till first.', {
      detail: { shift: open.shift, operator: open.operator },
    });
  }
  if (open === undefined) {
    await journal.append([{ kind: 'shift-opened', body: { shift, till: till.id, operator, floatMinor } }]);
  }
  return { floatMinor: open?.floatMinor ?? floatMinor };
}

/**
 * What is over or short is booked as nobody's. What should be there is added up in the writer's turn: a top-up that is on its
 * way to disk comes before the shift's end or after it, and counts accordingly. @throws Fault `shift-not-open`, `operator-unknown`
 */
export async function closeShift(
  journal: Journal,
  { selling, till }: Counter,
  { shift, operator, countedMinor }: ShiftRequest<'close'>,
): Promise<Figures> {
  requireOperator(selling, operator);
  let figures = { expectedMinor: 0, countedMinor, differenceMinor: 0 };
  await journal.append(now => {
    const open = now.openShift(till.id);
    if (open?.shift !== shift) throw shiftNotOpen();
    const expectedMinor = open.floatMinor + open.cashMinor;
    const differenceMinor = countedMinor - expectedMinor;
    figures = { expectedMinor, countedMinor, differenceMinor };
    const body = { shift, till: till.id, operator, countedMinor, expectedMinor };
    return [{ kind: 'shift-closed', body: { ...body, postings: overOrShort(differenceMinor, till.id) } }];
  });
  return figures;
}

const overOrShort = (differenceMinor: number, till: TillId) =>
  postings([accounts.cash(till), differenceMinor], [accounts.unattributed, -differenceMinor]);

/** Until the cloud acknowledges it, along with what it made room for. @throws Fault `supervisor-needed` */
export async function extendCap(
  journal: Journal,
  { selling }: Counter,
  { approvedBy, cap, byMinor }: ShiftRequest<'extend-cap'>,
): Promise<Figures> {
  requireSupervisor(selling, approvedBy);
  await journal.append([{ kind: 'cap-extended', body: { cap, byMinor, approvedBy } }]);
  const { boxExtendedMinor, terminalExtendedMinor } = journal.views.exposure();
  const { boxOfflineMinor, terminalMinor } = selling.plan.caps;
  return {
    byMinor,
    limitMinor:
      cap === 'box-offline' ? boxOfflineMinor + boxExtendedMinor : terminalMinor + terminalExtendedMinor,
  };
}
