/** Sums over what an entry or an image says: plain additions, no rule about what may be. */
import { readImage, type Tap } from '../../audit/entry.ts';

/** What a tap takes off the wristband; negative when it puts more on it. Online credit that it loads isn't counted. */
export function takenMinor({ effects }: Tap): number {
  let sum = 0;
  for (const effect of effects) {
    if (effect.kind === 'purchase') sum += effect.totalMinor;
    else if (effect.kind === 'cash-out') sum += effect.amountMinor;
    else if (effect.kind === 'cash-topup') sum -= effect.amountMinor;
    else if (effect.kind === 'reversal') sum -= effect.mainMinor + effect.bonusMinor;
  }
  return sum;
}

export function toppedUpMinor({ effects }: Tap): number {
  return effects.reduce((sum, effect) => sum + (effect.kind === 'cash-topup' ? effect.amountMinor : 0), 0);
}

/** Main and bonus of an image. */
export function heldMinor(image: string): number {
  const { mainMinor, bonusMinor } = readImage(image);
  return mainMinor + bonusMinor;
}
