/**
 * The cloud's own journal: box 0, epoch 1. Whatever boxes must obey is an entry of it, appended under the lock of its head,
 * signed with every commit, and projected in the same transaction: credits to their lists, blocks to their chips, rights to reverse to
 * their sales.
 */
import { CLOUD_BOX, type Epoch, type Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash } from '@pulsera/firmware-protocol/journal/chain';
import { bookedAtOnce, type Draft, type Entry, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import type { Signer } from '../keys/ed25519.ts';
import { sha256 } from '../keys/sha256.ts';
import type { World } from '../world.ts';
import { rightsMoved } from './reversal-rights.ts';
import { type JournalKey, type JournalRow, type StoredHead, uidOf } from './store/journals.ts';
import type { Ledger } from './store/store.ts';

/** The database is one and doesn't forget: a second epoch is never needed. */
export const CLOUD_EPOCH = 1 as Epoch;
export const CLOUD_JOURNAL: JournalKey = { box: CLOUD_BOX, epoch: CLOUD_EPOCH };

/** What it takes to sign and date entries: part of `Cloud`. */
export interface Scribe {
  readonly signer: Signer;
  readonly world: Pick<World, 'nowMs'>;
}

/** Take it after the locks of chips, never before. @returns the end as it stays until the transaction is over */
export function lockCloudJournal({ journals }: Ledger): Promise<StoredHead> {
  return journals.lock(CLOUD_JOURNAL);
}

/** @param end as `lockCloudJournal` gave it in this transaction. @returns the entries as they were written */
export async function appendToCloudJournal(
  { signer, world }: Scribe,
  ledger: Ledger,
  end: StoredHead,
  drafts: readonly Draft[],
): Promise<readonly Entry[]> {
  if (drafts.length === 0) return [];
  const wallMs = world.nowMs();
  let { hash } = end;
  const rows: JournalRow[] = [];
  // Many processes write it, so there is no boot and no monotonic clock to speak of: its order is its seq.
  const entries = drafts.map((draft, i): Entry => {
    const entry: Entry = { seq: (end.seq + 1 + i) as Seq, wallMs, monoMs: 0, boot: 0, ...draft };
    const content = encodeEntry(entry);
    hash = entryHash(hash, content, sha256);
    rows.push({ kind: entry.kind, uid: uidOf(entry), wallMs, content, hash });
    return entry;
  });
  const seq = (end.seq + entries.length) as Seq;
  const head = signHead(
    'pulsera/head',
    { event: ledger.eventId, ...CLOUD_JOURNAL, seq, hash, wallMs },
    signer.sign,
  );
  await ledger.journals.append(CLOUD_JOURNAL, (end.seq + 1) as Seq, rows);
  await ledger.journals.saveHead(CLOUD_JOURNAL, { ...end, seq, hash, head });
  await project(ledger, entries);
  return entries;
}

async function project(ledger: Ledger, entries: readonly Entry[]): Promise<void> {
  const deltas = new Map<Account, number>();
  for (const entry of entries) {
    for (const { account, amountMinor } of bookedAtOnce(entry)) {
      deltas.set(account, (deltas.get(account) ?? 0) + amountMinor);
    }
  }
  await ledger.balances.add(CLOUD_BOX, deltas);
  await ledger.credits.add(
    entries.flatMap(entry => (entry.kind === 'credited' ? { ...entry.body, seq: entry.seq } : [])),
  );
  const blocked = entries.flatMap(({ kind, body }) => (kind === 'blocked' ? body.uid : []));
  if (blocked.length > 0) {
    await ledger.chips.block(blocked);
    await ledger.wristbands.mark(blocked, 'blocked');
  }
  await ledger.reversals.moveRights(rightsMoved(entries));
}
