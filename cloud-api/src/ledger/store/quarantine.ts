/** Batches that can't be booked, as they were sent. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { JournalKey } from './journals.ts';

export type QuarantineReason = 'journal-forked' | 'journal-revoked';

export interface QuarantinedBatch extends JournalKey {
  readonly fromSeq: Seq;
  /** Of its last entry. */
  readonly headHash: Uint8Array;
  readonly reason: QuarantineReason;
  readonly receivedMs: number;
  /** Decompressed. */
  readonly batch: Uint8Array;
}

export interface Quarantine {
  /** Sent again, it is kept once, as it came first. */
  keep(batch: QuarantinedBatch): Promise<void>;
  /** In the order they came, one at a time: each may be as large as a body may be. */
  all(): AsyncIterable<QuarantinedBatch>;
}
