/** Is a stored head ours, and does it vouch for the entry it stands at? */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import type { BoxId, EventId } from '@pulsera/firmware-protocol/ids';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { type Head, openHead } from '@pulsera/firmware-protocol/journal/head';
import type { Position } from './position.ts';
import { journalDamaged } from './storage-fault.ts';

/** @throws Fault `journal-damaged` */
export function checkHead(
  signed: Uint8Array,
  expected: Position & { readonly event: EventId; readonly box: BoxId },
  verify: Verify,
): void {
  let head: Head;
  try {
    head = openHead('pulsera/head', signed, verify);
  } catch (cause) {
    throw journalDamaged(expected.seq, 'the head signed behind it does not hold', {}, cause);
  }
  const same =
    head.event === expected.event &&
    head.box === expected.box &&
    head.epoch === expected.epoch &&
    head.seq === expected.seq &&
    equalBytes(head.hash, expected.hash);
  if (!same) throw journalDamaged(expected.seq, 'the head signed behind it is of another entry');
}
