/**
 * A new wristband for a wallet: the old one is blocked and its list closed. What the old one held moves to the new one's list, at
 * once where no box may still spend it, else as soon as that is so (`release.ts`).
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import {
  BoxId,
  ChipUid,
  type EventId,
  Generation,
  KeySetNumber,
  type Seq,
  type TenantId,
  type WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { readChips, readWalletChips } from '../ledger/chip-rows.ts';
import { speakingFor } from '../ledger/claim.ts';
import { appendToCloudJournal, lockCloudJournal } from '../ledger/cloud-journal.ts';
import { type IssuedWristband, issueWristbands } from '../ledger/issue.ts';
import { blockedAt, insertReplacement, readReplacements } from '../ledger/replacement-rows.ts';
import { readHeldBack, walletUnknown } from '../ledger/wallet.ts';
import { moveBalance } from './move-balance.ts';

export const ReplacementRequest = z.strictObject({
  toUid: ChipUid,
  /** The new chip as personalised with this wallet and the next generation. */
  keySet: KeySetNumber,
  ageClass: z.int().min(0).max(255),
  rootImage: z.string().regex(/^[0-9a-f]{40}$/, '20 bytes as lower-case hex'),
});
export const Replaced = z.strictObject({
  generation: Generation,
  /** What of the old wristband has moved to the new one's list so far. */
  mainMinor: z.int(),
  bonusMinor: z.int(),
  /** What is still held back, as far as is known; null when all has moved. */
  held: z
    .strictObject({
      mainMinor: z.int(),
      bonusMinor: z.int(),
      /** Boxes that may still spend it: it moves when each has sent a journal that obeys `blockSeq`, or was revoked. */
      boxes: z.array(BoxId),
    })
    .nullable(),
  /** Where the cloud's journal blocks the old wristband. */
  blockSeq: z.int(),
  /** Where it says which wristband is the new one. */
  cloudSeq: z.int(),
});
type Replaced = z.infer<typeof Replaced>;
type Request = z.infer<typeof ReplacementRequest>;

/**
 * Asked again for the same chip, it does nothing, and answers how it stands by now.
 * @throws Fault `wallet-unknown`, `replacement-conflict`, `key-set-unknown`
 * @throws Fault `credit-list-full` where even an empty list can't hold what moves
 */
export function replaceWristband(
  cloud: Pick<Cloud, 'pool' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
  wallet: WalletId,
  request: Request,
): Promise<Replaced> {
  return withTenant(cloud.pool, tenantId, tx => replace(cloud, tx, eventId, wallet, request));
}

async function replace(
  cloud: Pick<Cloud, 'signer' | 'world'>,
  tx: TenantTransaction,
  eventId: EventId,
  wallet: WalletId,
  request: Request,
): Promise<Replaced> {
  const { toUid } = request;
  const chips = speakingFor(await readWalletChips(tx, eventId, wallet));
  const done = chips.find(({ uid }) => uid === toUid);
  if (done) return answer(tx, eventId, wallet, done.generation);
  const newest = chips.at(-1);
  if (!newest) throw walletUnknown(wallet);
  if (newest.generation === 255)
    throw conflict('This wallet had its last wristband: open a new wallet.', request);
  const generation = (newest.generation + 1) as Generation;
  const locked = await readChips(tx, eventId, [newest.uid, toUid], 'locked');
  const old = locked.get(newest.uid);
  if (!old || locked.has(toUid))
    throw conflict('This wristband belongs to another wallet: take a fresh one.', request);
  await registerOne(cloud, tx, eventId, { uid: toUid, wallet, generation, ...request });

  const drafts: Draft[] = [
    {
      kind: 'replaced',
      body: { wallet, fromUid: old.uid, toUid, fromGeneration: old.generation, toGeneration: generation },
    },
  ];
  if (!old.blocked) {
    drafts.push({
      kind: 'blocked',
      body: { uid: old.uid, wallet, generation: old.generation, reason: 'replaced' },
    });
  }
  const end = await lockCloudJournal(tx, eventId);
  // A box obeys `replaced` as it obeys a block.
  const seq = (end.seq + 1) as Seq;
  const blockSeq = (await blockedAt(tx, eventId, old)) ?? seq;
  await appendToCloudJournal(cloud, tx, eventId, end, drafts);
  await tx.client.query(
    `UPDATE wristband SET state = 'replaced' WHERE tenant_id = $1 AND event_id = $2 AND uid = $3`,
    [tx.tenantId, eventId, old.uid],
  );
  await insertReplacement(tx, eventId, { ...old, blockSeq, seq });
  if ((await moveBalance(cloud, tx, eventId, old, 'replacement')) === 'full') throw tooMuch(wallet);
  return answer(tx, eventId, wallet, generation);
}

async function registerOne(
  cloud: Pick<Cloud, 'signer' | 'world'>,
  tx: TenantTransaction,
  eventId: EventId,
  { uid, wallet, generation, ageClass, keySet, rootImage }: IssuedWristband,
): Promise<void> {
  await tx.client.query(
    `INSERT INTO wristband
       (tenant_id, event_id, uid, wallet, generation, age_class, key_set, root_image, state, registered_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, decode($8, 'hex'), 'active', $9)`,
    [
      tx.tenantId,
      eventId,
      uid,
      wallet,
      generation,
      ageClass,
      keySet,
      rootImage,
      new Date(cloud.world.nowMs()),
    ],
  );
  await issueWristbands(cloud, tx, eventId, [{ uid, wallet, generation, ageClass, keySet, rootImage }]);
}

/** @param generation the new one */
async function answer(
  tx: TenantTransaction,
  eventId: EventId,
  wallet: WalletId,
  generation: Generation,
): Promise<Replaced> {
  const ended = generation - 1;
  const all = await readReplacements(tx, eventId, wallet);
  const replacement = all.find(of => of.generation === ended);
  if (!replacement)
    throw conflict('This wristband is the wallet’s first one already: there is nothing to replace.', {
      wallet,
    });
  const { mainMinor, bonusMinor, blockSeq, seq } = replacement;
  const [held = null] = await readHeldBack(tx, eventId, wallet, ended);
  return {
    generation,
    mainMinor,
    bonusMinor,
    held: held && { mainMinor: held.mainMinor, bonusMinor: held.bonusMinor, boxes: held.boxes },
    blockSeq,
    cloudSeq: seq,
  };
}

function conflict(message: string, detail: { readonly toUid?: string; readonly wallet?: string }): Fault {
  return new Fault('replacement-conflict', message, { detail: { ...detail } });
}

function tooMuch(wallet: WalletId): Fault {
  return new Fault(
    'credit-list-full',
    'Pay out a part of it and credit the rest to a new wallet: one list can not hold it all.',
    { detail: { wallet } },
  );
}
