/** Wristbands as they were registered: each UID once, and one to a wallet's generation. */
import type { ChipUid, Generation, KeySetNumber, WalletId } from '@pulsera/firmware-protocol/ids';

export interface Wristband {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation: Generation;
  readonly ageClass: number;
  /** The key set it was issued under. */
  readonly keySet: KeySetNumber;
  /** Slot 0 as personalised: 20 bytes as hex. */
  readonly rootImage: string;
}

export interface Wristbands {
  /** Active ones, in the order given. Where the UID, or the wallet's generation, is taken, what is there stays. @returns the UIDs that were new */
  add(wristbands: readonly Wristband[], nowMs: number): Promise<ReadonlySet<ChipUid>>;
  read(uids: readonly ChipUid[]): Promise<Wristband[]>;
  /** Only an active one becomes `blocked`. */
  mark(uids: readonly ChipUid[], state: 'blocked' | 'replaced'): Promise<void>;
}
