/** Where a journal ends: what the next entry is chained to. */
import type { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { genesis, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { JournalOptions } from './journal.ts';

export interface Position {
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly hash: Uint8Array;
}

/** The end of an epoch nothing was written in yet. */
export function startOf(
  journal: Pick<JournalOptions, 'event' | 'box'>,
  epoch: Epoch,
  sha256: Sha256,
): Position {
  return { epoch, seq: 0 as Seq, hash: genesis(journal.event, journal.box, epoch, sha256) };
}
