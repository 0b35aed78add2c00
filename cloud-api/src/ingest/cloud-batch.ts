/** A stretch of the cloud's journal as a batch, for boxes to take in. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { genesis } from '@pulsera/firmware-protocol/journal/chain';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { sha256 } from '../keys/sha256.ts';
import { CLOUD_JOURNAL, type Scribe } from '../ledger/cloud-journal.ts';
import type { Ledger } from '../ledger/store/store.ts';

/**
 * The entries after `after`, under a head that is signed for where this stretch ends.
 * @returns undefined when there is none
 */
export async function cloudBatch(
  { signer, world }: Scribe,
  { eventId, journals }: Ledger,
  after: Seq,
  limit: number,
): Promise<Uint8Array | undefined> {
  const rows = await journals.after(CLOUD_JOURNAL, after, limit);
  const last = rows.at(-1);
  if (!last) return undefined;
  const before =
    after === 0
      ? genesis(eventId, CLOUD_JOURNAL.box, CLOUD_JOURNAL.epoch, sha256)
      : await journals.hashAt(CLOUD_JOURNAL, after);
  if (!before) return undefined;
  const end = { event: eventId, ...CLOUD_JOURNAL, seq: (after + rows.length) as Seq };
  return encodeBatch({
    event: eventId,
    ...CLOUD_JOURNAL,
    fromSeq: (after + 1) as Seq,
    before,
    contents: rows.map(({ content }) => content),
    head: signHead('pulsera/head', { ...end, hash: last.hash, wallMs: world.nowMs() }, signer.sign),
  });
}
