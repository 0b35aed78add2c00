/**
 * How far each box obeys the cloud's journal, by its own journal as far as that is in. From the entry that says so on, a
 * block or a replacement is known at that box, but for taps that were being decided at that very moment; what it did before
 * lies in the cloud already.
 */
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import type { Entry } from '@pulsera/firmware-protocol/journal/entry';

/**
 * What these entries say, after `before`. A tap says it too: a box that opens a new epoch goes on with what it holds, and
 * has no new cursor to journal until the cloud's journal grows.
 */
export function obeyedBy(entries: readonly Entry[], before: Seq): Seq {
  let furthest = before;
  for (const { kind, body } of entries) {
    const seq = kind === 'cloud-cursor' ? body.seq : kind === 'tap' ? body.cloudSeq : furthest;
    if (seq > furthest) furthest = seq;
  }
  return furthest;
}

/** Whether these entries may let something go that waits for their box. Of taps only where an epoch went on from another. */
export function saysHowFar(epoch: Epoch, entries: readonly Entry[]): boolean {
  return entries.some(({ kind }) => kind === 'cloud-cursor' || (epoch > 1 && kind === 'tap'));
}
