/**
 * The one flow that changes a chip: for charge, top-up, balance, reversal and cash-out alike. Top to bottom as a tap goes:
 * wait, read, look, settle what is seen, decide, write, settle. What it must remember stands in the journal, so that the
 * same tap id goes on after a crash where the journal left it.
 */
import type { ChipUid, EventId } from '@pulsera/firmware-protocol/ids';
import { takenMinor } from '@pulsera/firmware-protocol/journal/effect';
import { type Decline, declined } from '@pulsera/firmware-protocol/purse/decline';
import { sealImage } from '@pulsera/firmware-protocol/purse/image';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { Holding } from '@pulsera/firmware-protocol/purse/rules';
import type { Presence, Reader } from '@pulsera/firmware-protocol/reader/reader';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { Journal } from '../journal/journal.ts';
import { abandon, abandonHere, openChip, recorded } from './abandon.ts';
import type { ChipQueue } from './alone.ts';
import { approved, cancelled, refused, shown } from './answer.ts';
import type { Claims } from './claims.ts';
import { decideTap } from './decide.ts';
import { readerDown } from './faults.ts';
import type { ChipKeys } from './keys.ts';
import { type Again, again, lookAtChip } from './look.ts';
import type { Inquiry, TapOrder } from './order.ts';
import type { Sighted } from './settle-sight.ts';
import { settleSighted } from './sight.ts';
import { standing } from './standing.ts';
import type { Came, Turn } from './turn.ts';
import { writeAgain, writeNew } from './write.ts';

/** What a box lends to every tap. */
export interface TapBox {
  readonly event: EventId;
  readonly journal: Journal;
  readonly keys: () => ChipKeys;
  readonly chips: ChipQueue;
  readonly claims: Claims;
  /** A fresh random u16. */
  readonly nonce: () => number;
  /** Since when the cloud hasn't answered, epoch milliseconds; null while it does. */
  readonly cutOffSinceMs: () => number | null;
}

/** Undefined: the till is gone, or was told that it takes too long. It asks again with the same tap id. */
export type Ending = TapResult | undefined;

/**
 * @param resumed the chip on which this tap was interrupted before.
 * @throws Fault `reader-down`, `key-set-missing`, and what the journal throws; an open write then stays pending and may be resumed
 */
export async function runTap(
  order: TapOrder,
  resumed: ChipUid | undefined,
  reader: Reader,
  turn: Turn,
  box: TapBox,
): Promise<Ending> {
  let inquiries = 0;
  for (let open = resumed; ; open = openChip(box.journal, order)) {
    const came = await turn.next(open);
    if (came.kind !== 'chip') return await leave(came.kind, order, box);
    const { chip } = came;
    const isOpen = open !== undefined;
    const look = await box.chips.alone(chip.uid as ChipUid, () => atChip(order, reader, chip, box, isOpen));
    if (look.kind === 'over') return look.result;
    if (look.kind === 'inquiry') {
      const refusal = await inquire(look, chip.uid as ChipUid, turn, ++inquiries);
      if (refusal) return refused(order.tap, refusal);
      turn.again(null);
      continue;
    }
    // Another till may have seen its image meanwhile: the tap is over then, and must not take the next wristband.
    const answer = recorded(box.journal, order);
    if (answer) return answer;
    turn.again(look.reason);
  }
}

type Look = { readonly kind: 'over'; readonly result: TapResult } | Again | Inquiry;
const over = (result: TapResult): Look => ({ kind: 'over', result });

/** What was granted may be gone again by the next look, when two boxes want the same; that must end somewhere. */
const INQUIRIES = 2;

async function inquire(
  { reason, make }: Inquiry,
  uid: ChipUid,
  turn: Turn,
  count: number,
): Promise<Decline | undefined> {
  if (count > INQUIRIES) return declined(reason);
  return await turn.meanwhile(reason, signal => make(uid, signal));
}

/** One wristband in the field, from reading it to the answer. */
async function atChip(
  order: TapOrder,
  reader: Reader,
  chip: Presence,
  box: TapBox,
  isOpen: boolean,
): Promise<Look> {
  const { journal } = box;
  const { views } = journal;
  const keys = box.keys();
  const decline = (reason: Decline, holding?: Holding): Look =>
    // An interrupted tap isn't over with a decline: it stays open until it is finished or given up.
    isOpen ? again(reason.reason) : over(refused(order.tap, reason, holding));

  const purse = await lookAtChip(reader, chip, box.event, keys, order.keySets);
  if (purse.kind === 'again') return purse;
  if (purse.kind === 'declined') return decline(purse);
  const { uid, wallet, generation } = purse.chip;
  const known = views.atOnce(() => ({
    blocked: views.blocked(uid, wallet, generation),
    seen: views.wallet(uid),
    pending: views.pendingOf(uid),
  }));
  const bad = standing(purse, known);
  if (bad) return decline(bad, purse.current);

  const sighted = await settleSighted(journal, reader, purse, chip.presence, known.pending);
  if ('kind' in sighted) return sighted;
  if (isOpen) return await finishOpen(order, reader, chip, box, purse, sighted);

  const { mac } = keys.of(uid);
  const { credits, exposure } = views.atOnce(() => ({
    credits: views.creditsAfter(wallet, generation, purse.current.creditNumber),
    exposure: views.exposure(order.till),
  }));
  const decided = decideTap(order, purse, keys.sealing(order.keySets), box.nonce(), {
    credits,
    exposure: box.claims.beside(exposure, order.till),
    via: reader.via,
    isCutOff: box.cutOffSinceMs() !== null,
  });
  if (decided.kind === 'declined') return decline(decided.decline, decided.holding);
  if (decided.kind === 'inquiry') return decided;
  if (decided.kind === 'nothing') return over(shown(order.tap, purse.current));
  // Who was told to ask again may do something else: nothing is begun for a till that waits no more.
  if (order.patience.isLost) return again();
  const { written, undone } = decided;
  const after = sealImage(written.image, purse.chip, mac);
  const writing = { order, purse, written, after, undone, via: reader.via, cloudSeq: journal.cloudSeq };
  const { tap, till } = order;
  using _claim = box.claims.make({ tap, till, via: reader.via, takesMinor: takenMinor(written.effects) });
  const end = await writeNew(journal, reader, chip.presence, writing, sighted.overwritable);
  return end === 'posted'
    ? over(approved({ tap: order.tap, effects: [...written.effects], after }))
    : again();
}

/** The tap was interrupted before: posted by what was seen just now, written once more, or out of this box's hands. */
async function finishOpen(
  order: TapOrder,
  reader: Reader,
  { presence }: Presence,
  { journal }: TapBox,
  purse: Purse,
  { overwritable }: Sighted,
): Promise<Look> {
  const answer = recorded(journal, order);
  if (answer) return over(answer);
  // Dropped by what was seen: nothing is open any more, and the next look starts afresh.
  if (openChip(journal, order) === undefined) return again();
  const mine = overwritable.find(({ tap }) => tap === order.tap);
  if (mine === undefined) {
    return over((await abandonHere(journal, order)) ?? cancelled(order.tap, 'unsettled'));
  }
  const others = overwritable.filter(write => write !== mine);
  if ((await writeAgain(journal, reader, presence, purse, mine, others)) === 'torn') return again();
  return over(recorded(journal, order) ?? cancelled(order.tap, 'unsettled'));
}

async function leave(why: Exclude<Came['kind'], 'chip'>, order: TapOrder, box: TapBox): Promise<Ending> {
  const answer = recorded(box.journal, order);
  if (answer) return answer;
  if (why === 'gone') return undefined;
  const given = await abandon(box.journal, box.chips, order);
  if (given) return given;
  if (why === 'reader-down') throw readerDown();
  return cancelled(order.tap, 'untouched');
}
