/** What is to be written into the cloud's journal. A credit has no number yet: it gets one under the lock of the journal. */
import type { TapRef, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Body, Draft } from '@pulsera/firmware-protocol/journal/entry';
import type { GiveBack } from '@pulsera/firmware-protocol/purse/give-back';

export type CreditOrder = Omit<Body<'credited'>, 'number' | 'generation'>;

/** In the wallet's current list, once per reference. */
export interface CreditToWrite {
  readonly kind: 'credit';
  readonly credit: CreditOrder;
}
export type Order = Extract<Draft, { kind: 'settlement' | 'blocked' }> | CreditToWrite;

/** @param owed what `giveBack` said of the tap at `ref` */
export function giveBackOrder(wallet: WalletId, ref: TapRef, owed: GiveBack): CreditToWrite {
  const { mainMinor, bonusMinor, postings } = owed;
  const reference = `tap:${ref.box}/${ref.epoch}/${ref.seq}`;
  return {
    kind: 'credit',
    credit: { wallet, mainMinor, bonusMinor, source: 'given-back', reference, postings },
  };
}
