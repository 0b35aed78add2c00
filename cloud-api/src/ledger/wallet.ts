/** One wallet as staff see it: what is owed, on which chips, and its credit list. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { ChipUid, type EventId, Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { z } from 'zod';
import type { TenantTransaction } from '../database/with-tenant.ts';
import { readWalletChips } from './chip-rows.ts';
import { vouchedImage } from './vouched.ts';

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
  blocked: z.boolean(),
  /** As far as journals are in: what lies on the chip; null when nothing of it is known. */
  image: z
    .strictObject({ counter: z.int(), balanceMinor: z.int(), bonusMinor: z.int(), creditNumber: z.int() })
    .nullable(),
  pendingTaps: z.int(),
});
export const Wallet = z.strictObject({
  wallet: WalletId,
  /** Owed to the guest by the books: on chips, or credited and not loaded yet. */
  mainMinor: z.int(),
  bonusMinor: z.int(),
  chips: z.array(chip),
  credits: z.array(credit),
});
export type Wallet = z.infer<typeof Wallet>;

/** @throws Fault `wallet-unknown` */
export async function readWallet(tx: TenantTransaction, eventId: EventId, wallet: WalletId): Promise<Wallet> {
  const chips = await readWalletChips(tx, eventId, wallet);
  if (chips.length === 0) throw walletUnknown(wallet);
  const of = [tx.tenantId, eventId, wallet];
  const { rows: credits } = await tx.client.query(
    `SELECT generation, number, main_minor, bonus_minor, source, reference FROM wallet_credit
     WHERE tenant_id = $1 AND event_id = $2 AND wallet = $3 ORDER BY generation, number`,
    of,
  );
  const { rows: shares } = await tx.client.query(
    `SELECT account, sum(amount_minor)::bigint AS amount_minor FROM balance
     WHERE tenant_id = $1 AND event_id = $2 AND account IN ($3, $4) GROUP BY account`,
    [tx.tenantId, eventId, accounts.walletMain(wallet), accounts.walletBonus(wallet)],
  );
  const shareOf = (account: string) => Number(shares.find(row => row.account === account)?.amount_minor ?? 0);
  const owed = (account: string, onChips: number) => 0 - shareOf(account) - onChips;
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
    chips: chips.map(({ uid, generation, blocked, graph }) => {
      const image = vouchedImage(graph);
      const pendingTaps = graph.writes.filter(({ status }) => status === 'pending').length;
      if (!image) return { uid, generation, blocked, image: null, pendingTaps };
      const { counter, balanceMinor, bonusMinor, creditNumber } = image;
      return {
        uid,
        generation,
        blocked,
        image: { counter, balanceMinor, bonusMinor, creditNumber },
        pendingTaps,
      };
    }),
    credits: credits.map(row => ({
      generation: row.generation,
      number: row.number,
      mainMinor: Number(row.main_minor),
      bonusMinor: Number(row.bonus_minor),
      source: row.source,
      reference: row.reference,
    })),
  };
}

export function walletUnknown(wallet: WalletId): Fault {
  return new Fault('wallet-unknown', 'Register a wristband of this wallet first.', { detail: { wallet } });
}
