/** One wallet as staff see it: what is owed, on which chips, and its credit list. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { BoxId, ChipUid, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import { type Account, accounts } from '@pulsera/firmware-protocol/money/account';
import { z } from 'zod';
import { mayStillSpend } from './held.ts';
import type { Ledger } from './store/store.ts';
import { vouched, vouchedImage } from './vouched.ts';

const credit = z.strictObject({
  generation: Generation,
  number: z.int(),
  mainMinor: z.int(),
  bonusMinor: z.int(),
  source: z.string(),
  reference: z.string(),
});
const chip = z.strictObject({
  uid: ChipUid,
  generation: Generation,
  /** False for a chip that only a box's journal puts under this wallet: a claim, which moves nothing. */
  registered: z.boolean(),
  blocked: z.boolean(),
  /** As far as journals are in: what lies on the chip; null when nothing of it is known. */
  image: z
    .strictObject({ counter: z.int(), balanceMinor: z.int(), bonusMinor: z.int(), creditNumber: z.int() })
    .nullable(),
  pendingTaps: z.int(),
});
const heldBack = z.strictObject({
  uid: ChipUid,
  generation: Generation,
  /** As far as is known: boxes may have spent some of it, and not have said so yet. */
  mainMinor: z.int(),
  bonusMinor: z.int(),
  /** Where it may still be spent: until each has sent a journal that obeys the block, or was revoked. */
  boxes: z.array(BoxId),
});
type HeldBack = z.infer<typeof heldBack>;
export const Wallet = z.strictObject({
  wallet: WalletId,
  /** Owed to the guest by the books: on chips, or credited and not loaded yet. */
  mainMinor: z.int(),
  bonusMinor: z.int(),
  chips: z.array(chip),
  credits: z.array(credit),
  /** Of replaced wristbands, what is not in the newest one's list yet. */
  held: z.array(heldBack),
});
export type Wallet = z.infer<typeof Wallet>;

/** @throws Fault `wallet-unknown` */
export async function readWallet(ledger: Ledger, wallet: WalletId): Promise<Wallet> {
  const chips = await ledger.chips.ofWallet(wallet);
  if (chips.length === 0) throw walletUnknown(wallet);
  const credits = await ledger.credits.ofWallet(wallet);
  const shares = await ledger.balances.withoutChips([
    accounts.walletMain(wallet),
    accounts.walletBonus(wallet),
  ]);
  const owed = (account: Account, onChips: number) => 0 - (shares.get(account) ?? 0) - onChips;
  return {
    wallet,
    mainMinor: owed(
      accounts.walletMain(wallet),
      chips.reduce((sum, { mainMinor }) => sum + mainMinor, 0),
    ),
    bonusMinor: owed(
      accounts.walletBonus(wallet),
      chips.reduce((sum, { bonusMinor }) => sum + bonusMinor, 0),
    ),
    chips: chips.map(({ uid, generation, registered, blocked, graph }) => {
      const image = vouchedImage(graph);
      const pendingTaps = graph.writes.filter(({ status }) => status === 'pending').length;
      if (!image) return { uid, generation, registered, blocked, image: null, pendingTaps };
      const { counter, balanceMinor, bonusMinor, creditNumber } = image;
      return {
        uid,
        generation,
        registered,
        blocked,
        image: { counter, balanceMinor, bonusMinor, creditNumber },
        pendingTaps,
      };
    }),
    credits: credits.map(({ generation, number, mainMinor, bonusMinor, source, reference }) => ({
      generation,
      number,
      mainMinor,
      bonusMinor,
      source,
      reference,
    })),
    held: await readHeldBack(ledger, wallet),
  };
}

/** @param generation only of this one */
export async function readHeldBack(
  ledger: Ledger,
  wallet: WalletId,
  generation?: number,
): Promise<HeldBack[]> {
  const held = (await ledger.replacements.ofWallet(wallet)).filter(
    of => of.state === 'held' && (generation === undefined || of.generation === generation),
  );
  if (held.length === 0) return [];
  const chips = await ledger.chips.ofWallet(wallet);
  const boxes = await ledger.boxes.obeying();
  const parts: HeldBack[] = [];
  for (const { uid, generation: ended, blockSeq } of held) {
    const chip = chips.find(of => of.uid === uid);
    if (!chip) continue;
    const amounts = vouched(chip.graph, await ledger.credits.lists([{ wallet, generation: ended }]));
    parts.push({ uid, generation: ended, ...amounts, boxes: mayStillSpend(blockSeq, boxes) });
  }
  return parts;
}

export function walletUnknown(wallet: WalletId): Fault {
  return new Fault('wallet-unknown', 'Register a wristband of this wallet first.', { detail: { wallet } });
}
