/** The person behind a till, as the demo plays them: takes the next guest, asks the till, and goes on until the evening is over. */
import type { OperatorId, ProductId, SaleId, ShiftId, StandId, TapId } from '@pulsera/firmware-protocol/ids';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { drawFault } from '@pulsera/firmware-protocol/virtual/faults';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { Crowd, Guest } from './guest.ts';
import { phaseAt, weighted } from './programme.ts';
import type { Tally } from './tally.ts';
import type { DemoTill } from './till.ts';
import { type Field, type Manner, sleep, type Visit, visit } from './visit.ts';

export interface StaffedTill {
  readonly id: string;
  /** 0 or 1: which box it belongs to. */
  readonly box: number;
  readonly kind: 'bar' | 'topup';
  readonly stand: StandId;
  /** The cheapest first; cups that come back are last. */
  readonly products: readonly ProductId[];
  readonly till: DemoTill;
  readonly field: Field;
  readonly operator: OperatorId;
  readonly shift: ShiftId;
  /** False where the reader is only looked at now and then, so that its taps say nothing about the box. */
  readonly isTimed: boolean;
  /** What has to be done at this till before the next guest: the story's own taps. */
  readonly errands: (() => Promise<void>)[];
}

export interface Evening {
  readonly crowd: Crowd;
  readonly tally: Tally;
  readonly random: Random;
  readonly uuid: () => string;
  readonly nowMs: () => number;
  /** 0 at the start, 1 when the evening is over. */
  readonly share: () => number;
  /** Taps that ended without an answer the guest could rely on, and what became of them. */
  readonly onUnsettled: (guest: Guest, till: StaffedTill) => void;
}

/** How often a wristband is pulled away mid-tap, and how often its guest then gives up. */
const TORN = 0.04;
const WALKS_AWAY = 0.35;
const PAUSE_MS = { min: 15, spread: 90 };

/** Most people know about what they have; the others are declined. */
const SENSIBLE = 0.95;
/** A round costs up to this and more: minor units. */
const ROUND_MINOR = 1_500;

function hasReason({ seenMinor, onlineMinor }: Guest, { kind }: StaffedTill): boolean {
  return kind === 'topup' || seenMinor + onlineMinor >= ROUND_MINOR;
}

export async function serve(till: StaffedTill, evening: Evening): Promise<void> {
  while (evening.share() < 1) {
    const errand = till.errands.shift();
    await (errand ? errand() : serveOne(till, evening));
    await sleep(PAUSE_MS.min + evening.random.below(PAUSE_MS.spread));
  }
}

/** The next guest at this till: one who has something to sort out here first, else whom the programme sends. */
export async function serveOne(till: StaffedTill, evening: Evening): Promise<void> {
  const { crowd, random } = evening;
  const start = random.below(crowd.guests.length);
  const waiting = crowd.take(start, guest => guest.mustVisit === till.box && hasReason(guest, till));
  const isSensible = random.chance(SENSIBLE);
  const comesHere = (guest: Guest) =>
    guest.mustVisit === undefined && (!isSensible || hasReason(guest, till));
  const guest = waiting ?? crowd.take(start, comesHere);
  if (!guest) return;
  try {
    if (till.kind === 'topup') await atTopUp(till, guest, evening, waiting !== undefined);
    else await atBar(till, guest, evening, waiting !== undefined);
  } finally {
    guest.isBusy = false;
  }
}

async function atTopUp(till: StaffedTill, guest: Guest, evening: Evening, mustLoad: boolean): Promise<void> {
  const { random } = evening;
  const isBroke = guest.seenMinor + guest.onlineMinor < ROUND_MINOR;
  const wish = mustLoad || isBroke ? 'topup' : weighted(phaseAt(evening.share()).topup, random);
  const tapId = evening.uuid() as TapId;
  if (wish === 'topup') {
    const amountMinor = [1000, 2000, 3000, 5000][random.below(4)] ?? 2000;
    const tender = random.chance(0.4) ? 'card' : 'cash';
    await play(till, guest, evening, mustLoad ? {} : manner(evening), how =>
      visit(
        { ...till, nowMs: evening.nowMs },
        guest.chip,
        'topup',
        { tapId, ...actor(till), amountMinor, tender },
        how,
      ),
    );
    return;
  }
  const { result } = await play(till, guest, evening, manner(evening), how =>
    visit(
      { ...till, nowMs: evening.nowMs },
      guest.chip,
      'cashout',
      { tapId, ...actor(till), amountMinor: null },
      how,
    ),
  );
  if (result.outcome === 'approved') {
    const requestId = evening.uuid() as TapId;
    await till.till.ask('drawer-paid', { requestId, tapId, operator: till.operator });
  }
}

async function atBar(till: StaffedTill, guest: Guest, evening: Evening, mustBuy: boolean): Promise<void> {
  const wish = mustBuy ? 'round' : weighted(phaseAt(evening.share()).bar, evening.random);
  const tapId = evening.uuid() as TapId;
  const at = { ...till, nowMs: evening.nowMs };
  const undo = guest.lastSale;
  if (wish === 'reverse' && undo?.till === till.id) {
    guest.lastSale = undefined;
    await play(till, guest, evening, manner(evening), how =>
      visit(at, guest.chip, 'reverse', { tapId, ...actor(till), ofTapId: undo.tapId }, how),
    );
  } else if (wish === 'balance') {
    await play(till, guest, evening, {}, how => visit(at, guest.chip, 'balance', { tapId }, how));
  } else {
    const saleId = evening.uuid() as SaleId;
    const lines = round(till.products, evening.random);
    const { result } = await play(till, guest, evening, mustBuy ? {} : manner(evening), how =>
      visit(at, guest.chip, 'charge', { tapId, saleId, ...actor(till), lines }, how),
    );
    if (result.outcome === 'approved') guest.lastSale = { tapId, saleId, till: till.id };
  }
}

/** A tap of the story's, played by this till between two guests. */
export function runErrand<T>(till: StaffedTill, errand: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    till.errands.push(() => errand().then(resolve, reject));
  });
}

/** One of the cheapest, whatever comes of it; for the wristband of the story, which nobody vouches for. */
export async function buy(till: StaffedTill, chip: VirtualChip, evening: Evening): Promise<TapResult> {
  const request = {
    tapId: evening.uuid() as TapId,
    saleId: evening.uuid() as SaleId,
    ...actor(till),
    lines: till.products.slice(0, 1).map(product => ({ product, quantity: 1 })),
  };
  const { result } = await visit({ ...till, nowMs: evening.nowMs }, chip, 'charge', request);
  evening.tally.record(result);
  return result;
}

/** A cash top-up of that wristband. */
export async function topUpOnce(
  till: StaffedTill,
  chip: VirtualChip,
  amountMinor: number,
  evening: Evening,
): Promise<TapResult> {
  const request = { tapId: evening.uuid() as TapId, ...actor(till), amountMinor, tender: 'cash' as const };
  const { result } = await visit({ ...till, nowMs: evening.nowMs }, chip, 'topup', request);
  evening.tally.record(result);
  return result;
}

const actor = ({ operator, shift }: StaffedTill) => ({ operator, shift });

function manner({ random }: Evening): Manner {
  if (!random.chance(TORN)) return {};
  return { fault: drawFault(random), walksAway: random.chance(WALKS_AWAY) };
}

/** One or two products, one or two of each. */
function round(products: readonly ProductId[], random: Random): { product: ProductId; quantity: number }[] {
  const start = random.below(products.length);
  const kinds = 1 + random.below(Math.min(2, products.length));
  return Array.from({ length: kinds }, (_, i) => products[(start + i) % products.length])
    .filter(product => product !== undefined)
    .map(product => ({ product, quantity: 1 + random.below(2) }));
}

async function play(
  till: StaffedTill,
  guest: Guest,
  evening: Evening,
  how: Manner,
  go: (how: Manner) => Promise<Visit>,
): Promise<Visit> {
  const played = await go(how);
  const { result, tapMs } = played;
  evening.tally.record(result, guest.number);
  if (tapMs !== undefined && till.isTimed) evening.tally.time(tapMs);
  if (result.outcome === 'approved') {
    guest.seenMinor = result.balanceMinor + result.bonusMinor;
    // What was written left from where the wristband stood, and that settles the torn tap.
    if (till.box === guest.mustVisit) guest.mustVisit = undefined;
    guest.onlineMinor = Math.max(0, guest.onlineMinor - result.loadedMinor);
  }
  if (result.outcome === 'cancelled' && result.chip === 'unsettled') {
    guest.mustVisit = till.box === 0 ? 1 : 0;
    evening.onUnsettled(guest, till);
  }
  return played;
}
