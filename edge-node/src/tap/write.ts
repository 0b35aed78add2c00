/** Chip writes: pending on disk, then the chip, then its settlement on disk. Nothing is approved before that. */
import { isUnchanged, rewriteSlot, writeSlot } from '@pulsera/firmware-protocol/chip/ntag21x';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Epoch, TapId, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Entry } from '@pulsera/firmware-protocol/journal/entry';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import type { Journal, PendingTap } from '../journal/journal.ts';
import { pendingDraft, settled, type Writing } from './draft.ts';

/** `unchanged`: nothing reached the chip, and the write is dropped. `torn`: pending; only the chip can say. */
export type WriteEnd = 'posted' | 'unchanged' | 'torn';

/**
 * A new image for the slot that isn't the purse.
 * @param overwritten writes of other taps that this one, once read back, proves to have failed.
 * @throws Fault `disk-full` before the chip is touched
 */
export async function writeNew(
  journal: Journal,
  reader: Reader,
  presence: number,
  writing: Writing,
  overwritten: readonly PendingTap[],
): Promise<WriteEnd> {
  using room = journal.reserve();
  const { purse, after, order } = writing;
  const { epoch } = journal;
  const entries = await journal.append([pendingDraft(writing)], { request: order.request, room });
  const mine = { ref: placeOf(journal, epoch, entries, order.tap), tap: order.tap, uid: purse.chip.uid };
  const slot = freeSlot(purse);
  // Of a slot that was torn, not one page is relied on.
  const outcome = purse.isOtherWhole
    ? await writeSlot(reader, slot, purse.slots[slot], after, presence)
    : await rewriteSlot(reader, slot, after, presence);
  if (outcome.kind === 'ok') {
    await journal.append([settled(mine, 'posted', 'read-back'), ...dropped(overwritten)]);
    return 'posted';
  }
  if (!isUnchanged(outcome)) return 'torn';
  await journal.append([settled(mine, 'dropped', 'none')]);
  return 'unchanged';
}

/**
 * The end of a torn tap: the chip is back at the image it started from, so the same image is written again, all of it. No second
 * entry: with two, cash taken once would stand in suspense twice.
 */
export async function writeAgain(
  journal: Journal,
  reader: Reader,
  presence: number,
  purse: Purse,
  mine: PendingTap,
  overwritten: readonly PendingTap[],
): Promise<'posted' | 'torn'> {
  const outcome = await rewriteSlot(reader, freeSlot(purse), mine.after, presence);
  if (outcome.kind !== 'ok') return 'torn';
  await journal.append([settled(mine, 'posted', 'read-back'), ...dropped(overwritten)]);
  return 'posted';
}

const freeSlot = ({ slot }: Purse) => (slot === 0 ? 1 : 0);
const dropped = (writes: readonly PendingTap[]) =>
  writes.map(write => settled(write, 'dropped', 'overwritten'));

/** @param epoch the one being written when the entry was handed in: it went there, unless a new one was opened before the commit. */
function placeOf(journal: Journal, epoch: Epoch, entries: readonly Entry[], id: TapId): TapRef {
  const tap = entries.find(({ kind }) => kind === 'tap');
  const ref =
    journal.epoch === epoch && tap !== undefined
      ? { box: journal.box, epoch, seq: tap.seq }
      : journal.views.tapAnswer(id)?.ref;
  if (ref === undefined) {
    throw new Fault('journal-answer', 'Report this: the journal did not return the tap it was given.');
  }
  return ref;
}
