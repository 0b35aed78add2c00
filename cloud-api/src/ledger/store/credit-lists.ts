/** The wallets' credit lists as the cloud's journal numbers them: each number of a list once, each reference once. */
import type { Generation, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Body } from '@pulsera/firmware-protocol/journal/entry';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';

export interface ListName {
  readonly wallet: WalletId;
  readonly generation: Generation;
}

export interface ListedCredit extends Credit, ListName {
  readonly source: Body<'credited'>['source'];
  readonly reference: string;
  /** Of the entry in the cloud's journal. */
  readonly seq: number;
}

/** Where a wallet's current list ends. */
export interface ListEnd {
  readonly generation: Generation;
  /** 0 of an empty list. */
  readonly number: number;
}

export interface CreditLists {
  add(credits: readonly ListedCredit[]): Promise<void>;
  /** Those of these references that are listed. */
  byReference(references: readonly Pick<ListedCredit, 'source' | 'reference'>[]): Promise<ListedCredit[]>;
  /** In the generation of the wallet's newest wristband; what unregistered chips claim counts only where there is none. */
  ends(wallets: readonly WalletId[]): Promise<ReadonlyMap<WalletId, ListEnd>>;
  /** Each list in order. */
  lists(names: readonly ListName[]): Promise<ListedCredit[]>;
  /** All lists of a wallet, oldest generation first. */
  ofWallet(wallet: WalletId): Promise<ListedCredit[]>;
}
