/** The sums of all postings. A wallet's part from taps stands with its chips, everything else here, by box. */
import type { BoxId } from '@pulsera/firmware-protocol/ids';
import type { Account } from '@pulsera/firmware-protocol/money/account';

export interface Balance {
  readonly account: Account;
  readonly amountMinor: number;
}

export interface Balances {
  add(box: BoxId, deltas: ReadonlyMap<Account, number>): Promise<void>;
  /** By account in byte order, the chips' parts with them; accounts that come to zero are left out. Over all of them the sum is zero. */
  all(): Promise<Balance[]>;
  /** Of these accounts, without the chips' parts. */
  withoutChips(accounts: readonly Account[]): Promise<ReadonlyMap<Account, number>>;
}
