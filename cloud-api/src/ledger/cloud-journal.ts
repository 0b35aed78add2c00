/**
 * The cloud's own journal: box 0, epoch 1. Whatever boxes must obey is an entry of it, appended under the lock of its head,
 * signed with every commit, and projected in the same transaction: credits to their lists, blocks to their chips, rights to reverse to
 * their sales.
 */
import { CLOUD_BOX, type Epoch, type EventId, type Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash } from '@pulsera/firmware-protocol/journal/chain';
import {
  bookedAtOnce,
  type Draft,
  type Entry,
  type EntryOf,
  encodeEntry,
} from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { Signer } from '../keys/ed25519.ts';
import { sha256 } from '../keys/sha256.ts';
import type { World } from '../world.ts';
import { addToBalances } from './balances.ts';
import { lockHead, type StoredHead, saveHead } from './journal-head.ts';
import { insertRows, type JournalKey, type JournalRow, uidOf } from './journal-rows.ts';
import { listRights } from './reversal-rights.ts';

/** The database is one and doesn't forget: a second epoch is never needed. */
export const CLOUD_EPOCH = 1 as Epoch;
export const cloudJournal = (eventId: EventId): JournalKey => ({
  eventId,
  box: CLOUD_BOX,
  epoch: CLOUD_EPOCH,
});

/** What it takes to sign and date entries: part of `Cloud`. */
export interface Scribe {
  readonly signer: Signer;
  readonly world: Pick<World, 'nowMs'>;
}

/** Take it after the locks of chips, never before. @returns the end as it stays until the transaction is over */
export function lockCloudJournal(tx: TenantTransaction, eventId: EventId): Promise<StoredHead> {
  return lockHead(tx, cloudJournal(eventId));
}

/** @param end as `lockCloudJournal` gave it in this transaction. @returns the entries as they were written */
export async function appendToCloudJournal(
  { signer, world }: Scribe,
  tx: TenantTransaction,
  eventId: EventId,
  end: StoredHead,
  drafts: readonly Draft[],
): Promise<readonly Entry[]> {
  if (drafts.length === 0) return [];
  const wallMs = world.nowMs();
  const key = cloudJournal(eventId);
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
    { event: eventId, box: CLOUD_BOX, epoch: CLOUD_EPOCH, seq, hash, wallMs },
    signer.sign,
  );
  await insertRows(tx, key, (end.seq + 1) as Seq, rows);
  await saveHead(tx, key, { ...end, seq, hash, head });
  await project(tx, eventId, entries);
  return entries;
}

async function project(tx: TenantTransaction, eventId: EventId, entries: readonly Entry[]): Promise<void> {
  const deltas = new Map<Account, number>();
  for (const entry of entries) {
    for (const { account, amountMinor } of bookedAtOnce(entry)) {
      deltas.set(account, (deltas.get(account) ?? 0) + amountMinor);
    }
  }
  await addToBalances(tx, eventId, CLOUD_BOX, deltas);
  await listCredits(
    tx,
    eventId,
    entries.filter(entry => entry.kind === 'credited'),
  );
  await markBlocked(
    tx,
    eventId,
    entries.filter(entry => entry.kind === 'blocked'),
  );
  await listRights(tx, eventId, entries);
}

async function listCredits(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  credits: readonly EntryOf<'credited'>[],
): Promise<void> {
  if (credits.length === 0) return;
  await client.query(
    `INSERT INTO wallet_credit
       (tenant_id, event_id, wallet, generation, number, main_minor, bonus_minor, source, reference, seq)
     SELECT $1, $2, * FROM unnest($3::text[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::text[],
       $9::text[], $10::bigint[])`,
    [
      tenantId,
      eventId,
      credits.map(({ body }) => body.wallet),
      credits.map(({ body }) => body.generation),
      credits.map(({ body }) => body.number),
      credits.map(({ body }) => body.mainMinor),
      credits.map(({ body }) => body.bonusMinor),
      credits.map(({ body }) => body.source),
      credits.map(({ body }) => body.reference),
      credits.map(({ seq }) => seq),
    ],
  );
}

async function markBlocked(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  blocks: readonly EntryOf<'blocked'>[],
): Promise<void> {
  if (blocks.length === 0) return;
  const of = [tenantId, eventId, blocks.map(({ body }) => body.uid)];
  await client.query(
    'UPDATE chip_state SET blocked = true WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[])',
    of,
  );
  await client.query(
    `UPDATE wristband SET state = 'blocked'
     WHERE tenant_id = $1 AND event_id = $2 AND uid = ANY($3::text[]) AND state = 'active'`,
    of,
  );
}
