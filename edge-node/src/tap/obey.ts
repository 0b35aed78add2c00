/**
 * Takes in what the cloud wrote, while none of the wristbands that it takes out of use is being looked at: a look that began before
 * could still write. So a cursor in this box's journal says that no write to a blocked wristband follows;
 * a till may still give up on one that is open. The cloud gives the guest what is left, once every box has said so.
 */
import type { ChipUid, Seq } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import type { CloudBatch, Journal } from '../journal/journal.ts';
import type { ChipQueue } from './alone.ts';

/** @throws Fault as `Journal.appendCloud` */
export function obey(
  journal: Pick<Journal, 'appendCloud'>,
  chips: ChipQueue,
  batch: CloudBatch,
): Promise<Seq> {
  let takeIn = () => journal.appendCloud(batch);
  // Each waits for its own chip, and a look holds one chip and waits for none.
  for (const uid of blockedBy(batch)) {
    const inner = takeIn;
    takeIn = () => chips.alone(uid, inner);
  }
  return takeIn();
}

/** What can't be read is for the journal to refuse. */
function blockedBy({ contents }: CloudBatch): ReadonlySet<ChipUid> {
  const uids = new Set<ChipUid>();
  for (const content of contents) {
    const entry = read(content);
    if (entry?.kind === 'blocked') uids.add(entry.body.uid);
    else if (entry?.kind === 'replaced') uids.add(entry.body.fromUid);
  }
  return uids;
}

function read(content: Uint8Array) {
  try {
    return decodeEntry(content);
  } catch {
    return undefined;
  }
}
