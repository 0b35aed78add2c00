/** From a chip in the field to its purse, or to why there is none. One script, when all is well. */
import { concatBytes } from '@pulsera/firmware-protocol/bytes';
import { type ChipFault, readChip } from '@pulsera/firmware-protocol/chip/ntag21x';
import { ChipUid, type EventId, type KeySetNumber } from '@pulsera/firmware-protocol/ids';
import { type Decline, type DeclineReason, declined } from '@pulsera/firmware-protocol/purse/decline';
import { openPurse, type Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { Presence, Reader } from '@pulsera/firmware-protocol/reader/reader';
import type { ChipKeys } from './keys.ts';

/** Ask again: nothing is known of the chip, or not enough. `reason` goes with the prompt. */
export interface Again {
  readonly kind: 'again';
  readonly reason: DeclineReason | null;
}

export const again = (reason: DeclineReason | null = null): Again => ({ kind: 'again', reason });

/** Each way in which reading can fail: shown to the operator, or simply tried again. */
const MISREAD: Readonly<Record<ChipFault['kind'], Decline | Again>> = {
  'wrong-chip': declined('chip-foreign'),
  foreign: declined('chip-foreign'),
  'blank-chip': declined('chip-blank'),
  'short-answer': again(),
  removed: again(),
  'reader-down': again(),
};

export async function lookAtChip(
  reader: Reader,
  { uid, presence }: Presence,
  event: EventId,
  keys: ChipKeys,
  honoured: readonly KeySetNumber[],
): Promise<Purse | Decline | Again> {
  const id = ChipUid.safeParse(uid);
  if (!id.success) return declined('chip-foreign');
  const { passwords, mac } = keys.of(id.data);
  const read = await readChip(reader, passwords);
  if (read.kind !== 'ok') return MISREAD[read.kind];
  if (read.chip.presence !== presence) return again();
  const bytes = concatBytes(read.immutable, ...read.slots);
  return openPurse(bytes, id.data, event, mac, keySet => honoured.includes(keySet));
}
