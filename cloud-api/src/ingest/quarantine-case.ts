/** What can't be booked is kept as it was sent: it may be the only trace of what a box sold. Staff see it as a case. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { CaseDraft } from '../ledger/case.ts';
import type { JournalKey } from '../ledger/store/journals.ts';
import type { QuarantineReason } from '../ledger/store/quarantine.ts';

/** One case per journal, however much of it is sent. @param seq the first entry that isn't taken */
export function quarantineCase(reason: QuarantineReason, { box, epoch }: JournalKey, seq: Seq): CaseDraft {
  return {
    kind: reason,
    subject: `${box}/${epoch}`,
    uid: null,
    refs: [{ box, epoch, seq }],
    detail: { fromSeq: seq },
    lossBoundMinor: null,
  };
}
