/** Does a stretch of the cloud's journal continue what the box holds? */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { CLOUD_BOX, type Epoch, type EventId, type Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, type Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import { decodeEntry, type Entry } from '@pulsera/firmware-protocol/journal/entry';
import { plain } from './blob.ts';
import type { CloudBatch } from './journal.ts';

/** The cloud's database is one and doesn't forget: its journal never needs a second epoch. */
export const CLOUD_EPOCH = 1 as Epoch;

export interface ChainedEntry {
  readonly entry: Entry;
  readonly content: Uint8Array;
  readonly hash: Uint8Array;
}

interface Held {
  readonly seq: Seq;
  readonly hash: Uint8Array;
}

/**
 * The entries that are new, each with its hash. What the box already holds is passed over unread: the last hash vouches for it.
 * @throws Fault `cloud-journal-gap`, `cloud-journal-broken`
 */
export function continueCloud(
  event: EventId,
  held: Held,
  batch: CloudBatch,
  sha256: Sha256,
): readonly ChainedEntry[] {
  const { after, contents, head } = batch;
  if (after > held.seq) {
    throw new Fault('cloud-journal-gap', 'Pull the cloud journal from the cursor this box holds.', {
      detail: { held: held.seq, after },
    });
  }
  if (head.event !== event || head.box !== CLOUD_BOX || head.epoch !== CLOUD_EPOCH) {
    throw broken('its head belongs to another journal', after);
  }
  if (head.seq !== after + contents.length) throw broken('its head does not stand at its end', head.seq);
  if (head.seq < held.seq) return [];
  const chained: ChainedEntry[] = [];
  let hash = held.hash;
  for (const content of contents.slice(held.seq - after)) {
    const entry = read(content, held.seq + chained.length + 1);
    hash = entryHash(hash, content, sha256);
    chained.push({ entry, content, hash });
  }
  if (!equalBytes(hash, head.hash)) throw broken('it does not continue what this box holds', head.seq);
  return chained;
}

function read(content: Uint8Array, seq: number): Entry {
  let entry: Entry;
  try {
    entry = decodeEntry(plain(content));
  } catch (cause) {
    throw broken('an entry can not be read: this box may be too old for it', seq, cause);
  }
  if (entry.seq !== seq) throw broken('an entry bears another number', seq);
  return entry;
}

function broken(what: string, seq: number, cause?: unknown): Fault {
  return new Fault(
    'cloud-journal-broken',
    `Report this to the operator of the cloud: its journal was refused at ${seq}, since ${what}. Selling goes on.`,
    { detail: { seq, what }, ...(cause === undefined ? {} : { cause }) },
  );
}
