/** Money paid online, on its way to a chip: the next number of the wallet's list. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type EventId, Generation, type TenantId, type WalletId } from '@pulsera/firmware-protocol/ids';
import { PURSE_MAX_MINOR } from '@pulsera/firmware-protocol/journal/effect';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { appendToCloudJournal, lockCloudJournal } from '../ledger/cloud-journal.ts';
import { numberCredits } from '../ledger/credit-list.ts';
import type { CreditOrder } from '../ledger/order.ts';
import type { Ledger } from '../ledger/store/store.ts';
import { walletUnknown } from '../ledger/wallet.ts';

const amount = z.int().min(0).max(PURSE_MAX_MINOR);
export const NewCredit = z
  .strictObject({
    mainMinor: amount,
    bonusMinor: amount.default(0),
    /** The payment's id. Sent twice, it is credited once. */
    reference: z.string().regex(/^[\x21-\x7e]{1,64}$/, '1 to 64 printable characters'),
  })
  .refine(({ mainMinor, bonusMinor }) => mainMinor + bonusMinor > 0, { error: 'nothing to credit' });
export const Credited = z.strictObject({ generation: Generation, number: z.int(), cloudSeq: z.int() });
type Credited = z.infer<typeof Credited>;

/**
 * @throws Fault `wallet-unknown`, `credit-list-full`
 * @throws Fault `credit-conflict` for a reference that was used for something else
 */
export function creditOnline(
  cloud: Pick<Cloud, 'store' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
  wallet: WalletId,
  { mainMinor, bonusMinor, reference }: z.infer<typeof NewCredit>,
): Promise<Credited> {
  const order: CreditOrder = {
    wallet,
    mainMinor,
    bonusMinor,
    source: 'online',
    reference,
    postings: postings(
      [accounts.onlineClearing, mainMinor],
      [accounts.promotion, bonusMinor],
      [accounts.walletMain(wallet), -mainMinor],
      [accounts.walletBonus(wallet), -bonusMinor],
    ),
  };
  return cloud.store.within(tenantId, eventId, async ledger => {
    if ((await ledger.chips.ofWallet(wallet)).length === 0) throw walletUnknown(wallet);
    const end = await lockCloudJournal(ledger);
    const before = await creditOf(ledger, order);
    if (before) return before;
    const { drafts } = await numberCredits(ledger, [order]);
    const [written] = await appendToCloudJournal(cloud, ledger, end, drafts);
    if (written?.kind !== 'credited') {
      throw new Fault(
        'credit-list-full',
        'Replace the wristband: its list holds 255 credits and takes no more.',
        {
          detail: { wallet },
        },
      );
    }
    return { generation: written.body.generation, number: written.body.number, cloudSeq: written.seq };
  });
}

async function creditOf(
  { credits }: Ledger,
  { wallet, mainMinor, bonusMinor, source, reference }: CreditOrder,
): Promise<Credited | undefined> {
  const [listed] = await credits.byReference([{ source, reference }]);
  if (!listed) return undefined;
  const isSame =
    listed.wallet === wallet && listed.mainMinor === mainMinor && listed.bonusMinor === bonusMinor;
  if (!isSame) {
    throw new Fault('credit-conflict', 'Use a new reference: this one was credited with other figures.', {
      detail: { reference },
    });
  }
  return { generation: listed.generation, number: listed.number, cloudSeq: listed.seq };
}
