/** Chip states. Those that are read `locked` stay as they are until the transaction is over. */
import type { ChipUid, WalletId } from '@pulsera/firmware-protocol/ids';
import type { ChipState } from '../chip-state.ts';

export interface Chips {
  /** In the order of UIDs, so that two transactions never wait for each other. Chips that there are none of are left out. */
  read(uids: readonly ChipUid[], lock: 'locked' | 'unlocked'): Promise<Map<ChipUid, ChipState>>;
  /** A wallet's chips, oldest generation first. */
  ofWallet(wallet: WalletId): Promise<ChipState[]>;
  /** Chips that nobody registered under these wallets, by UID. */
  unregistered(wallets: readonly WalletId[]): Promise<ChipState[]>;
  /** Those of these wallets that have a registered chip. */
  owned(wallets: readonly WalletId[]): Promise<ReadonlySet<WalletId>>;
  /** Empty rows for chips that no row is of; others stay. In the order of UIDs. */
  meet(strangers: readonly Pick<ChipState, 'uid' | 'wallet' | 'generation'>[]): Promise<void>;
  /** Rows of registered chips: new, or in place of what a box had said of them. Whether one is blocked stays as it is. */
  register(chips: readonly ChipState[]): Promise<void>;
  /** Graphs and sums of chips that are locked. Whether a chip is blocked follows from the cloud's journal: `block`. */
  save(chips: readonly ChipState[]): Promise<void>;
  /** Once the cloud's journal says so. */
  block(uids: readonly ChipUid[]): Promise<void>;
  /** In the order of UIDs. @param after a UID, or '' */
  page(after: string, limit: number): Promise<ChipUid[]>;
}
