/** Letting an interrupted tap go: no green screen, and posted or dropped is for the image graph to say. */
import type { ChipUid, TapId, TillId } from '@pulsera/firmware-protocol/ids';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { Journal } from '../journal/journal.ts';
import type { TapRecord } from '../journal/views.ts';
import type { ChipQueue } from './alone.ts';
import { answerOf } from './answer.ts';
import { settled } from './draft.ts';

/** A tap as its till names it. Under the same id another till may be at one of its own, that is none of this one's business. */
interface OwnTap {
  readonly till: TillId;
  readonly tap: TapId;
}

/** What the journal holds of it. */
export function ownRecord({ views }: Journal, { till, tap }: OwnTap): TapRecord | undefined {
  const record = views.tapAnswer(tap);
  return record?.entry.body.till === till ? record : undefined;
}

/** The chip that a tap was interrupted on and that alone can finish it; undefined when no write of it is open. */
export function openChip(journal: Journal, tap: OwnTap): ChipUid | undefined {
  const record = ownRecord(journal, tap);
  return record?.state === 'pending' && !record.abandoned ? record.entry.body.uid : undefined;
}

/** What the journal answers for a tap by now: another till of this box may have seen its image, or the cloud settled it. */
export function recorded(journal: Journal, tap: OwnTap): TapResult | undefined {
  const record = ownRecord(journal, tap);
  return record && answerOf(record);
}

/**
 * A till that never heard what became of a tap has gone on to another: no green screen was shown, even if the write has been
 * posted since. Not what another tap, the drawer or the cloud's word on its reversal already built upon, since then somebody did
 * know; and nothing of an older epoch: this disk was put back from a copy, and the tap's end stands in what the copy lacks.
 */
export async function letGo(journal: Journal, chips: ChipQueue, tap: TapId): Promise<void> {
  const unheard = () => {
    const record = journal.views.tapAnswer(tap);
    if (record === undefined || record.abandoned || record.ref.epoch !== journal.epoch) return undefined;
    const { reversalOf, reversalRight, isDrawerPaid } = journal.views;
    const isMoved = reversalRight(record.ref).seq > 0;
    const isKnown = isMoved || reversalOf(record.ref) !== undefined || isDrawerPaid(record.ref);
    return isKnown ? undefined : { ref: record.ref, tap, uid: record.entry.body.uid };
  };
  const first = unheard();
  if (first === undefined) return;
  await chips.alone(first.uid, async () => {
    const write = unheard();
    if (write) await journal.append([settled(write, 'abandoned', 'none')]);
  });
}

/** For a caller that has the chip to itself. @returns the tap's answer, unless its write is known to have been dropped */
export async function abandonHere(journal: Journal, tap: OwnTap): Promise<TapResult | undefined> {
  const record = ownRecord(journal, tap);
  if (record?.state === 'pending' && !record.abandoned) {
    const { uid } = record.entry.body;
    await journal.append([settled({ ref: record.ref, tap: tap.tap, uid }, 'abandoned', 'none')]);
  }
  return recorded(journal, tap);
}

/** As `abandonHere`, once nobody else is busy with the chip: it may be lying on another till's reader, and settle there. */
export async function abandon(
  journal: Journal,
  chips: ChipQueue,
  tap: OwnTap,
): Promise<TapResult | undefined> {
  const uid = openChip(journal, tap);
  if (uid === undefined) return recorded(journal, tap);
  return await chips.alone(uid, () => abandonHere(journal, tap));
}
