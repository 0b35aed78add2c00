/** A new wristband for a wallet: the old one is blocked and its list closed, the new list opens with what can be vouched for. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import {
  ChipUid,
  type EventId,
  Generation,
  KeySetNumber,
  type TenantId,
  type WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { type TenantTransaction, withTenant } from '../database/with-tenant.ts';
import { readChips, readWalletChips } from './chip-rows.ts';
import { appendToCloudJournal, lockCloudJournal } from './cloud-journal.ts';
import { readCredits } from './credit-list.ts';
import { type IssuedWristband, issueWristbands } from './issue.ts';
import { vouched } from './vouched.ts';
import { walletUnknown } from './wallet.ts';

export const ReplacementRequest = z.strictObject({
  toUid: ChipUid,
  /** The new chip as personalised with this wallet and the next generation. */
  keySet: KeySetNumber,
  ageClass: z.int().min(0).max(255),
  rootImage: z.string().regex(/^[0-9a-f]{40}$/, '20 bytes as lower-case hex'),
});
export const Replaced = z.strictObject({
  generation: Generation,
  /** What the new list opens with. */
  mainMinor: z.int(),
  bonusMinor: z.int(),
  cloudSeq: z.int(),
});
type Replaced = z.infer<typeof Replaced>;
type Request = z.infer<typeof ReplacementRequest>;

/** Asked again for the same chip, it answers as before. @throws Fault `wallet-unknown`, `replacement-conflict`, `key-set-unknown` */
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
  const chips = await readWalletChips(tx, eventId, wallet);
  const done = chips.find(({ uid }) => uid === toUid);
  if (done) return readReplacement(tx, eventId, wallet, done.generation);
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

  const credits = await readCredits(tx, eventId, wallet, old.generation);
  const { mainMinor, bonusMinor } = vouched(old.graph, credits);
  const drafts: Draft[] = [
    {
      kind: 'replaced',
      body: { wallet, fromUid: old.uid, toUid, fromGeneration: old.generation, toGeneration: generation },
    },
    {
      kind: 'credited',
      body: {
        wallet,
        generation,
        number: 1,
        mainMinor,
        bonusMinor,
        source: 'replacement',
        reference: `${wallet}/${generation}`,
        // The wallet is owed as much as before; only the chip is another.
        postings: postings(),
      },
    },
  ];
  if (!old.blocked) {
    drafts.push({
      kind: 'blocked',
      body: { uid: old.uid, wallet, generation: old.generation, reason: 'replaced' },
    });
  }
  const end = await lockCloudJournal(tx, eventId);
  const written = await appendToCloudJournal(cloud, tx, eventId, end, drafts);
  await tx.client.query(
    `UPDATE wristband SET state = 'replaced' WHERE tenant_id = $1 AND event_id = $2 AND uid = $3`,
    [tx.tenantId, eventId, old.uid],
  );
  return { generation, mainMinor, bonusMinor, cloudSeq: written.at(-1)?.seq ?? end.seq };
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

async function readReplacement(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  wallet: WalletId,
  generation: Generation,
): Promise<Replaced> {
  const { rows } = await client.query(
    `SELECT main_minor, bonus_minor, seq FROM wallet_credit
     WHERE tenant_id = $1 AND event_id = $2 AND source = 'replacement' AND reference = $3`,
    [tenantId, eventId, `${wallet}/${generation}`],
  );
  const [row] = rows;
  if (!row)
    throw conflict('This wristband is the wallet’s first one already: there is nothing to replace.', {
      wallet,
    });
  return {
    generation,
    mainMinor: Number(row.main_minor),
    bonusMinor: Number(row.bonus_minor),
    cloudSeq: Number(row.seq),
  };
}

function conflict(message: string, detail: { readonly toUid?: string; readonly wallet?: string }): Fault {
  return new Fault('replacement-conflict', message, { detail: { ...detail } });
}
