/** The whole journal, entry by entry and head by head: what `edge verify` runs, with the box stopped or going. */
import type { BoxId, Epoch, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import { CLOUD_BOX } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { checkChain } from './chain-check.ts';
import { CLOUD_EPOCH } from './cloud-batch.ts';
import type { Database } from './database.ts';
import { Epochs } from './epochs.ts';
import { checkHead } from './head-check.ts';
import type { JournalPlace } from './place.ts';
import { startOf } from './position.ts';
import { assertVersion } from './schema.ts';
import { journalDamaged, storageFault } from './storage-fault.ts';

export interface VerifyOptions {
  readonly place: JournalPlace;
  readonly sha256: Sha256;
  /** With the box's public key. */
  readonly verify: Verify;
  /** With the cloud's; without it the cloud's chain is checked, its signatures are not. */
  readonly verifyCloud?: Verify;
}

export interface VerifiedJournal {
  readonly event: EventId;
  readonly box: BoxId;
  readonly epochs: readonly { readonly epoch: Epoch; readonly entries: number; readonly heads: number }[];
  readonly cloudEntries: number;
}

interface Identity {
  readonly event: EventId;
  readonly box: BoxId;
}

/** How far it went when we began. What a box adds meanwhile is for the next time. */
interface Ends {
  readonly journal: Identity;
  readonly spans: readonly { readonly epoch: Epoch; readonly base: number; readonly to: number }[];
  readonly lastCloudSeq: number;
}

/**
 * @throws Fault `journal-damaged` naming the first entry that doesn't hold, or none where not even their number can be read,
 * `journal-foreign`, `journal-version`
 */
export function verifyJournal(options: VerifyOptions): VerifiedJournal {
  const db = options.place.look();
  try {
    const ends = endsOf(db);
    return {
      ...ends.journal,
      epochs: verifyEpochs(db, ends, options),
      cloudEntries: verifyCloudJournal(db, ends, options),
    };
  } catch (error) {
    throw storageFault(error);
  } finally {
    db.close();
  }
}

/** One short snapshot, so that the end of an epoch and the beginning of the next fit together. */
function endsOf(db: Database): Ends {
  return db.transaction(() => {
    assertVersion(db);
    const journal = db.prepare<[], Identity>('SELECT event, box FROM journal').get();
    if (journal === undefined) throw journalDamaged(null, 'it does not say whose it is');
    const max = (sql: string) => db.prepare<[], number | null>(sql).pluck().get() ?? 0;
    const lastAt = max('SELECT max(at) FROM entry');
    const spans = new Epochs(db).all();
    return {
      journal,
      spans: spans.map(({ epoch, base }, i) => ({ epoch, base, to: spans[i + 1]?.base ?? lastAt })),
      lastCloudSeq: max('SELECT max(seq) FROM cloud_entry'),
    };
  })();
}

function verifyEpochs(db: Database, { journal, spans }: Ends, { sha256, verify }: VerifyOptions) {
  return spans.map(({ epoch, base, to }) => {
    const before = startOf(journal, epoch, sha256).hash;
    let heads = 0;
    checkChain(db, { table: 'entry', from: base + 1, to, base, before }, sha256, ({ at, hash, signed }) => {
      if (signed === null) {
        if (at === to) throw journalDamaged(at - base, 'no signed head stands behind it');
        return;
      }
      checkHead(signed, { ...journal, epoch, seq: (at - base) as Seq, hash }, verify);
      heads++;
    });
    return { epoch, entries: to - base, heads };
  });
}

function verifyCloudJournal(
  db: Database,
  { journal: { event }, lastCloudSeq: to }: Ends,
  { sha256, verifyCloud }: VerifyOptions,
): number {
  const cloud = { event, box: CLOUD_BOX };
  const before = startOf(cloud, CLOUD_EPOCH, sha256).hash;
  const stretch = { table: 'cloud_entry', from: 1, to, base: 0, before } as const;
  checkChain(db, stretch, sha256, ({ at, hash, signed }) => {
    if (signed === null) return;
    // Unverified, its claim is still compared.
    const check = verifyCloud ?? (() => true);
    checkHead(signed, { ...cloud, epoch: CLOUD_EPOCH, seq: at as Seq, hash }, check);
  });
  return to;
}
