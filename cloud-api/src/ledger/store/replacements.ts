/** Replaced wristbands: what of each has moved on to the wallet's next wristband. */
import type { ChipUid, Generation, Seq, WalletId } from '@pulsera/firmware-protocol/ids';

export interface Replacement {
  readonly wallet: WalletId;
  /** The one that ended. */
  readonly generation: Generation;
  /** Its chip. */
  readonly uid: ChipUid;
  /** First entry of the cloud's journal that takes the chip out of use: a box whose cursor is there obeys it. */
  readonly blockSeq: Seq;
  /** Of the entry `replaced`. */
  readonly seq: Seq;
  readonly state: 'held' | 'moved';
  /** What has moved. */
  readonly mainMinor: number;
  readonly bonusMinor: number;
  /** The chip's part of the books when it did: `ChipState`'s. */
  readonly chipMainMinor: number;
  readonly chipBonusMinor: number;
}

export interface Replacements {
  /** Held, and nothing has moved. Each generation of a wallet once. */
  add(replaced: Pick<Replacement, 'wallet' | 'generation' | 'uid' | 'blockSeq' | 'seq'>): Promise<void>;
  /** A wallet's, oldest generation first. */
  ofWallet(wallet: WalletId): Promise<Replacement[]>;
  /** Those of these chips whose balance has moved on. */
  moved(uids: readonly ChipUid[]): Promise<Replacement[]>;
  /** Held back, and blocked at `obeyedSeq` or before; by where they were blocked. */
  held(obeyedSeq: number): Promise<Replacement[]>;
  saveMoved(replacement: Replacement): Promise<void>;
}
