/** What the cloud keeps of each chip: whose it is, what is settled, and its part of the wallet's balance. */
import type { ChipUid, Generation, TapRef, WalletId } from '@pulsera/firmware-protocol/ids';
import type { ChipGraph } from '@pulsera/firmware-protocol/purse/graph';

export interface ChipState {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation: Generation;
  /** Wallet and generation are the cloud's own word; else they are what a box said of a chip that it met. */
  readonly registered: boolean;
  readonly blocked: boolean;
  readonly graph: ChipGraph;
  /** Sums of what this chip's taps posted to its wallet's two accounts: every tap touches them, so they stand here. */
  readonly mainMinor: number;
  readonly bonusMinor: number;
}

export const refText = ({ box, epoch, seq }: TapRef): string => `${box}/${epoch}/${seq}`;
