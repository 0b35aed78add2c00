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
import type { ChipState } from '../ledger/chip-state.ts';
import { speakingFor } from '../ledger/claim.ts';
import { appendToCloudJournal, lockCloudJournal } from '../ledger/cloud-journal.ts';
import { issueWristbands } from '../ledger/issue.ts';
import type { Ledger } from '../ledger/store/store.ts';
import type { Wristband } from '../ledger/store/wristbands.ts';
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
  cloud: Pick<Cloud, 'store' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
  wallet: WalletId,
  request: Request,
): Promise<Replaced> {
  return cloud.store.within(tenantId, eventId, ledger => replace(cloud, ledger, wallet, request));
}

async function replace(
  cloud: Pick<Cloud, 'signer' | 'world'>,
  ledger: Ledger,
  wallet: WalletId,
  request: Request,
): Promise<Replaced> {
  const { toUid } = request;
  const chips = speakingFor(await ledger.chips.ofWallet(wallet));
  const done = chips.find(({ uid }) => uid === toUid);
  if (done) return answer(ledger, wallet, done.generation);
  const newest = chips.at(-1);
  if (!newest) throw walletUnknown(wallet);
  if (newest.generation === 255)
    throw conflict('This wallet had its last wristband: open a new wallet.', request);
  const generation = (newest.generation + 1) as Generation;
  const locked = await ledger.chips.read([newest.uid, toUid], 'locked');
  const old = locked.get(newest.uid);
  if (!old || locked.has(toUid)) throw taken(request);
  const { ageClass, keySet, rootImage } = request;
  const next: Wristband = { uid: toUid, wallet, generation, ageClass, keySet, rootImage };
  if (!(await ledger.wristbands.add([next], cloud.world.nowMs())).has(toUid)) throw taken(request);
  await issueWristbands(cloud, ledger, [next]);

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
  const end = await lockCloudJournal(ledger);
  // A box obeys `replaced` as it obeys a block.
  const seq = (end.seq + 1) as Seq;
  const blockSeq = (await blockedAt(ledger, old)) ?? seq;
  await appendToCloudJournal(cloud, ledger, end, drafts);
  await ledger.wristbands.mark([old.uid], 'replaced');
  await ledger.replacements.add({ ...old, blockSeq, seq });
  if ((await moveBalance(cloud, ledger, old, 'replacement')) === 'full') throw tooMuch(wallet);
  return answer(ledger, wallet, generation);
}

/** Where the cloud's journal first blocks a wristband; undefined where it doesn't. */
async function blockedAt(
  { journals }: Ledger,
  { uid, wallet, generation }: ChipState,
): Promise<Seq | undefined> {
  const blocks = await journals.blocks([uid]);
  return blocks.find(({ body }) => body.wallet === wallet && body.generation === generation)?.seq;
}

/** @param generation the new one */
async function answer(ledger: Ledger, wallet: WalletId, generation: Generation): Promise<Replaced> {
  const ended = generation - 1;
  const all = await ledger.replacements.ofWallet(wallet);
  const replacement = all.find(of => of.generation === ended);
  if (!replacement)
    throw conflict('This wristband is the wallet’s first one already: there is nothing to replace.', {
      wallet,
    });
  const { mainMinor, bonusMinor, blockSeq, seq } = replacement;
  const [held = null] = await readHeldBack(ledger, wallet, ended);
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

function taken(request: Request): Fault {
  return conflict('This wristband belongs to another wallet: take a fresh one.', request);
}

function tooMuch(wallet: WalletId): Fault {
  return new Fault(
    'credit-list-full',
    'Pay out a part of it and credit the rest to a new wallet: one list can not hold it all.',
    { detail: { wallet } },
  );
}
