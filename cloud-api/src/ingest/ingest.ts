/** One batch, from bytes to a checkpoint: load, decide, apply, in one transaction under the lock of the journal's head. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { Seq, TenantId } from '@pulsera/firmware-protocol/ids';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import type { Entry } from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { Cloud } from '../context.ts';
import { holdBox } from '../edges/boxes.ts';
import { fulfil } from '../ledger/fulfil.ts';
import { movedChips } from '../ledger/moved-chips.ts';
import { obeyedBy, saysHowFar } from '../ledger/obeyed.ts';
import { noteReversals } from '../ledger/reversals.ts';
import { type JournalKey, type StoredHead, uidOf } from '../ledger/store/journals.ts';
import type { QuarantineReason } from '../ledger/store/quarantine.ts';
import type { Ledger } from '../ledger/store/store.ts';
import { decide } from './decide.ts';
import { load } from './load.ts';
import { place } from './place.ts';
import { quarantineCase } from './quarantine-case.ts';
import { type Keeper, type Run, readEntries, readRun } from './run.ts';

export interface Sender extends Keeper {
  readonly tenantId: TenantId;
  /** With the box's registered key. */
  readonly verify: Verify;
}

export interface Accepted {
  /** COSE_Sign1 by the cloud: "I hold your journal up to here". */
  readonly checkpoint: Uint8Array;
  /** What to send next. */
  readonly nextSeq: Seq;
  /** In the batch. */
  readonly entries: number;
  /** Those of them that were there already: sent again by a box that never heard so. */
  readonly known: number;
  /** The batch says how far its box obeys the cloud's journal. */
  readonly hasCursor: boolean;
}

type Checkpointed = Omit<Accepted, 'entries' | 'hasCursor'>;

export type Ingesting = Pick<Cloud, 'store' | 'signer' | 'world'>;

/**
 * @param bytes a batch, decompressed
 * @throws Fault `cbor-malformed`, `journal-foreign`, `signature-invalid`, `batch-head-mismatch`, `entry-unreadable`: nothing is kept
 * @throws Fault `journal-gap`: send from `expectedSeq`
 * @throws Fault `journal-forked`, `journal-revoked`: kept in quarantine. A box may be revoked at any moment, so whether it is
 * counts as it stands under the lock, whatever its session said.
 */
export async function ingest(cloud: Ingesting, sender: Sender, bytes: Uint8Array): Promise<Accepted> {
  const run = readRun(decodeBatch(bytes), sender, sender.verify);
  // Read before any lock is taken: it is most of the work.
  const entries = readEntries(run.contents, run.fromSeq);
  const outcome = await cloud.store.within(sender.tenantId, sender.event, ledger =>
    take(cloud, ledger, run, entries, bytes),
  );
  if (outcome instanceof Fault) throw outcome;
  return { ...outcome, entries: entries.length, hasCursor: saysHowFar(run.epoch, entries) };
}

/** A fault is returned, not thrown, where something was written that must stay. */
async function take(
  cloud: Ingesting,
  ledger: Ledger,
  run: Run,
  entries: readonly Entry[],
  bytes: Uint8Array,
): Promise<Checkpointed | Fault> {
  const { journals } = ledger;
  const key: JournalKey = { box: run.box, epoch: run.epoch };
  const revoked = (await holdBox(ledger, run.box)) === 'revoked';
  const head = await journals.lock(key);
  const reachesFurther = head.seq > run.toSeq;
  const found = place(run, head, reachesFurther ? await journals.hashAt(key, run.toSeq) : undefined);
  const setAside = (reason: QuarantineReason) => putAside(cloud, ledger, key, head, run, bytes, reason);
  switch (found.kind) {
    case 'gap':
      // Behind what was set aside everything is a gap; it is evidence all the same.
      if (revoked) return setAside('journal-revoked');
      if (head.state === 'forked') return setAside('journal-forked');
      throw new Fault('journal-gap', 'Send the journal from expectedSeq on.', {
        detail: { expectedSeq: head.seq + 1, expectedHash: toHex(head.hash) },
      });
    case 'replay':
      return accepted(head, entries.length);
    case 'fork':
      return setAside('journal-forked');
    case 'append':
      if (revoked) return setAside('journal-revoked');
      if (head.state === 'forked') return setAside('journal-forked');
      return accepted(await append(cloud, ledger, key, head, run, entries, found.known), found.known);
  }
}

function accepted({ seq, checkpoint }: StoredHead, known: number): Checkpointed {
  if (!checkpoint) throw new Error('a journal without a checkpoint has nothing to be repeated');
  return { checkpoint, nextSeq: (seq + 1) as Seq, known };
}

async function append(
  cloud: Ingesting,
  ledger: Ledger,
  key: JournalKey,
  end: StoredHead,
  run: Run,
  read: readonly Entry[],
  known: number,
): Promise<StoredHead> {
  const { journals, chips, balances } = ledger;
  const entries = known === 0 ? read : read.slice(known);
  const at = { ...key, entries };
  const decision = decide(at, await load(ledger, at, end.obeyedSeq));
  await journals.append(
    key,
    (run.fromSeq + known) as Seq,
    entries.map((entry, i) => ({
      kind: entry.kind,
      uid: uidOf(entry),
      wallMs: entry.wallMs,
      content: run.contents[known + i] ?? new Uint8Array(0),
      hash: run.hashes[known + i] ?? new Uint8Array(0),
    })),
  );
  await chips.save(decision.chips);
  await balances.add(key.box, decision.deltas);
  const cases = [
    ...decision.cases,
    ...(await movedChips(ledger, decision.chips)),
    ...(await noteReversals(ledger, decision.reversals)),
  ];
  await fulfil(cloud, ledger, { orders: decision.orders, cases });
  const hash = run.hashes.at(-1) ?? run.before;
  const wallMs = cloud.world.nowMs();
  const checkpoint = signHead(
    'pulsera/checkpoint',
    { event: ledger.eventId, ...key, seq: run.toSeq, hash, wallMs },
    cloud.signer.sign,
  );
  const obeyedSeq = obeyedBy(entries, end.obeyedSeq);
  const head: StoredHead = { ...end, seq: run.toSeq, hash, head: run.head, checkpoint, obeyedSeq };
  await journals.saveHead(key, head);
  return head;
}

async function putAside(
  cloud: Ingesting,
  ledger: Ledger,
  key: JournalKey,
  head: StoredHead,
  run: Run,
  bytes: Uint8Array,
  reason: QuarantineReason,
): Promise<Fault> {
  const { fromSeq } = run;
  const headHash = run.hashes.at(-1) ?? run.before;
  const receivedMs = cloud.world.nowMs();
  await ledger.quarantine.keep({ ...key, fromSeq, headHash, reason, receivedMs, batch: bytes });
  if (reason === 'journal-forked' && head.state !== 'forked')
    await ledger.journals.saveHead(key, { ...head, state: 'forked' });
  const first = (reason === 'journal-forked' ? run.fromSeq : head.seq + 1) as Seq;
  await fulfil(cloud, ledger, { orders: [], cases: [quarantineCase(reason, key, first)] });
  return new Fault(reason, ANSWERS[reason], {
    detail: { epoch: run.epoch, fromSeq: run.fromSeq, heldSeq: head.seq, heldHash: toHex(head.hash) },
  });
}

const ANSWERS: Readonly<Record<QuarantineReason, string>> = {
  'journal-forked':
    'Open a new epoch: the cloud holds other entries under these numbers. What you sent is kept aside.',
  'journal-revoked': 'This box was revoked. What it sent is kept aside, and nothing of it is booked.',
};
