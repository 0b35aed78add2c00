/**
 * What of a replaced wristband's balance is held back, and until when. A cut-off box doesn't know of the block, and may take all
 * that lies on the chip: the plan's caps limit a charge and a top-up, not what a chip pays altogether. So nothing moves to the
 * new wristband while any box may still spend it, and everything does once none can. Pure.
 */
import type { BoxId, Seq } from '@pulsera/firmware-protocol/ids';
import type { Obeying } from './store/boxes.ts';

/** Boxes where a wristband may still pay though it was taken out of use. @param blockSeq the first entry of the cloud's journal that says so */
export function mayStillSpend(blockSeq: Seq, boxes: readonly Obeying[]): BoxId[] {
  return boxes.filter(({ obeyedSeq }) => obeyedSeq < blockSeq).map(({ box }) => box);
}

interface Amounts {
  readonly mainMinor: number;
  readonly bonusMinor: number;
}

/** As amounts that a credit can have, none of them nothing. @param mostMinor what one can hold of main, and of bonus */
export function inParts({ mainMinor, bonusMinor }: Amounts, mostMinor: number): Amounts[] {
  const count = Math.ceil(Math.max(mainMinor, bonusMinor) / mostMinor);
  return Array.from({ length: count }, (_, i) => {
    const part = (amountMinor: number) => Math.max(0, Math.min(mostMinor, amountMinor - i * mostMinor));
    return { mainMinor: part(mainMinor), bonusMinor: part(bonusMinor) };
  });
}
