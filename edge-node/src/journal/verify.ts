/** The whole journal, entry by entry and head by head: what `edge verify` runs, with the box stopped or going. */
import type { BoxId, Epoch, EventId, Seq } from '@pulsera/firmware-protocol/ids';
import { CLOUD_BOX } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { checkChain } from './chain-check.ts';
import { CLOUD_EPOCH } from './cloud-batch.ts';
import { type Database, openReader } from './database.ts';
import { Epochs } from './epochs.ts';
import { checkHead } from './head-check.ts';
import { startOf } from './position.ts';
import { assertVersion } from './schema.ts';
import { journalDamaged } from './storage-fault.ts';

export interface VerifyOptions {
  readonly file: string;
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

/** @throws Fault `journal-damaged` naming the first entry that doesn't hold, `journal-version` */
export function verifyJournal(options: VerifyOptions): VerifiedJournal {
  const db = openReader(options.file);
  try {
    // One snapshot, so that a box that goes on selling doesn't move the end under us.
    db.exec('BEGIN');
    assertVersion(Number(db.pragma('user_version', { simple: true })));
    const journal = db.prepare<[], Identity>('SELECT event, box FROM journal').get();
    if (journal === undefined) throw journalDamaged(null, 'it does not say whose it is');
    return {
      ...journal,
      epochs: verifyEpochs(db, journal, options),
      cloudEntries: verifyCloudJournal(db, journal, options),
    };
  } finally {
    db.close();
  }
}

function verifyEpochs(db: Database, journal: Identity, { sha256, verify }: VerifyOptions) {
  const lastAt = db.prepare<[], number | null>('SELECT max(at) FROM entry').pluck().get() ?? 0;
  const headAt = db.prepare<[number], Uint8Array>('SELECT signed FROM head WHERE at = ?').pluck();
  const spans = new Epochs(db).all();
  return spans.map(({ epoch, base }, i) => {
    const to = spans[i + 1]?.base ?? lastAt;
    const before = startOf(journal, epoch, sha256).hash;
    let heads = 0;
    checkChain(db, { table: 'entry', from: base + 1, to, base, before }, sha256, (at, hash) => {
      const signed = headAt.get(at);
      if (signed === undefined) {
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
  { event }: Identity,
  { sha256, verifyCloud }: VerifyOptions,
): number {
  const to = db.prepare<[], number | null>('SELECT max(seq) FROM cloud_entry').pluck().get() ?? 0;
  const headAt = db.prepare<[number], Uint8Array>('SELECT signed FROM cloud_head WHERE seq = ?').pluck();
  const cloud = { event, box: CLOUD_BOX };
  const before = startOf(cloud, CLOUD_EPOCH, sha256).hash;
  checkChain(db, { table: 'cloud_entry', from: 1, to, base: 0, before }, sha256, (at, hash) => {
    const signed = headAt.get(at);
    if (signed === undefined) return;
    // Unverified, its claim is still compared.
    const check = verifyCloud ?? (() => true);
    checkHead(signed, { ...cloud, epoch: CLOUD_EPOCH, seq: at as Seq, hash }, check);
  });
  return to;
}
