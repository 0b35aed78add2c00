/** Cash over the counter: the second, confirmed step of a cash-out, and the drawer's count when a shift ends. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Draft, Entry } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { drawerPaid } from '@pulsera/firmware-protocol/purse/books';
import type { TillRequestOf } from '@pulsera/firmware-protocol/wire/till';
import type { Asked, Drafting, Journal } from '../journal/journal.ts';
import type { TapRecord, Views } from '../journal/views.ts';
import { type Counter, requireOperator, shiftNotOpen } from './counter.ts';
import type { Request } from './message.ts';
import { requireSupervisor } from './price.ts';

/** For the screen: minor units by name. */
export type Figures = Readonly<Record<string, number>>;

export type DrawerRequest = Extract<Request, { leaf: 'drawer-paid' | 'shift' }>;

/** @throws Fault as below for each request, and what the journal throws */
export async function carryOut(
  journal: Journal,
  counter: Counter,
  request: DrawerRequest,
  asked: Asked,
): Promise<Figures> {
  const decided = decide(journal.views, counter, request);
  if ('figures' in decided) return decided.figures;
  const [entry] = (await journal.append(decided.journal, { asked })).slice(-1);
  return figuresOf(entry, counter, journal.views);
}

/** What the till is shown of what a request led to, at once and whenever it asks again. */
export function figuresOf(entry: Entry | undefined, { selling }: Counter, views: Views): Figures {
  switch (entry?.kind) {
    case 'drawer-paid':
      return { amountMinor: cashOf(views.tapAt(entry.body.of)) ?? 0 };
    case 'shift-opened':
      return { floatMinor: entry.body.floatMinor };
    case 'shift-closed': {
      const { expectedMinor, countedMinor } = entry.body;
      return { expectedMinor, countedMinor, differenceMinor: countedMinor - expectedMinor };
    }
    case 'cap-extended': {
      const { cap, byMinor } = entry.body;
      const { boxExtendedMinor, terminalExtendedMinor } = views.exposure();
      const { boxOfflineMinor, terminalMinor } = selling.plan.caps;
      const [box, terminal] = [boxOfflineMinor + boxExtendedMinor, terminalMinor + terminalExtendedMinor];
      return { byMinor, limitMinor: cap === 'box-offline' ? box : terminal };
    }
    default:
      throw new Fault('journal-answer', 'Report this: the journal did not return the entry it was given.');
  }
}

type Decided =
  | { readonly journal: readonly Draft[] | Drafting }
  /** There is nothing to be done. */
  | { readonly figures: Figures };

function decide(views: Views, counter: Counter, { leaf, request }: DrawerRequest): Decided {
  if (leaf === 'drawer-paid') return payFromDrawer(views, counter, request);
  switch (request.action) {
    case 'open':
      return openShift(views, counter, request);
    case 'close':
      return closeShift(counter, request);
    case 'extend-cap':
      return extendCap(counter, request);
  }
}

/** Once per posted cash-out, at the till that made it. @throws Fault `cash-out-unknown`, `drawer-paid-already`, `operator-unknown` */
function payFromDrawer(
  views: Views,
  { selling, till }: Counter,
  { tapId, operator }: TillRequestOf<'drawer-paid'>,
): Decided {
  if (operator !== null) requireOperator(selling, operator);
  const record = views.tapAnswer(tapId);
  const amountMinor = cashOf(record);
  const isOurs = record?.state === 'posted' && !record.abandoned && record.entry.body.till === till.id;
  if (record === undefined || amountMinor === undefined || !isOurs) {
    throw new Fault('cash-out-unknown', 'Pay out only what this till showed as approved.', {
      detail: { tap: tapId },
    });
  }
  if (views.isDrawerPaid(record.ref)) {
    throw new Fault('drawer-paid-already', 'Pay nothing more: this cash-out was handed over before.', {
      detail: { tap: tapId },
    });
  }
  const body = { of: record.ref, tap: tapId, till: till.id, operator };
  return {
    journal: [{ kind: 'drawer-paid', body: { ...body, postings: drawerPaid(amountMinor, till.id) } }],
  };
}

const cashOf = (record: TapRecord | undefined) =>
  record?.entry.body.effects.find(effect => effect.kind === 'cash-out')?.amountMinor;

type ShiftRequest<A> = Extract<TillRequestOf<'shift'>, { action: A }>;

/** @throws Fault `shift-open-already`, `operator-unknown` */
function openShift(
  views: Views,
  { selling, till }: Counter,
  { shift, operator, floatMinor }: ShiftRequest<'open'>,
): Decided {
  requireOperator(selling, operator);
  const open = views.openShift(till.id);
  if (open === undefined) {
    return { journal: [{ kind: 'shift-opened', body: { shift, till: till.id, operator, floatMinor } }] };
  }
  if (open.shift === shift) return { figures: { floatMinor: open.floatMinor } };
  throw new Fault('shift-open-already', 'Close the shift that is open at this till first.', {
    detail: { shift: open.shift, operator: open.operator },
  });
}

/**
 * What is over or short is booked as nobody's. What should be there is added up in the writer's turn: a top-up that is on its
 * way to disk comes before the shift's end or after it, and counts accordingly. @throws Fault `shift-not-open`, `operator-unknown`
 */
function closeShift(
  { selling, till }: Counter,
  { shift, operator, countedMinor }: ShiftRequest<'close'>,
): Decided {
  requireOperator(selling, operator);
  return {
    journal: now => {
      const open = now.openShift(till.id);
      if (open?.shift !== shift) throw shiftNotOpen();
      const expectedMinor = open.floatMinor + open.cashMinor;
      const lines = overOrShort(countedMinor - expectedMinor, till.id);
      const body = { shift, till: till.id, operator, countedMinor, expectedMinor };
      return [{ kind: 'shift-closed', body: { ...body, postings: lines } }];
    },
  };
}

const overOrShort = (differenceMinor: number, till: TillId) =>
  postings([accounts.cash(till), differenceMinor], [accounts.unattributed, -differenceMinor]);

/** Until the cloud acknowledges it, along with what it made room for. @throws Fault `supervisor-needed` */
function extendCap({ selling }: Counter, { approvedBy, cap, byMinor }: ShiftRequest<'extend-cap'>): Decided {
  requireSupervisor(selling, approvedBy);
  return { journal: [{ kind: 'cap-extended', body: { cap, byMinor, approvedBy } }] };
}
