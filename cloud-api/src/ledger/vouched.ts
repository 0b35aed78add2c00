/** What can be vouched for of a wristband: what it holds as far as is known, and the credits that were not loaded. */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { type ChipGraph, tips } from '@pulsera/firmware-protocol/purse/graph';
import { type Image, imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';

export interface Vouched {
  readonly mainMinor: number;
  readonly bonusMinor: number;
}

/**
 * The image that the chip holds as far as is known. A write may still be open, and a forked chip has several ends: the
 * poorest counts, since the rest can be given later and not taken back.
 */
export function vouchedImage(graph: ChipGraph): Image | undefined {
  return candidates(graph).sort((a, b) => a.balanceMinor + a.bonusMinor - b.balanceMinor - b.bonusMinor)[0];
}

/** The image that is poorest together with the credits that were not loaded into it. */
export function vouched(graph: ChipGraph, credits: readonly Credit[]): Vouched {
  const images = candidates(graph);
  const amounts = (images.length === 0 ? [undefined] : images).map(image => withCredits(image, credits));
  const [poorest] = amounts.sort((a, b) => a.mainMinor + a.bonusMinor - b.mainMinor - b.bonusMinor);
  return poorest ?? { mainMinor: 0, bonusMinor: 0 };
}

function candidates(graph: ChipGraph): Image[] {
  const open = graph.writes.filter(({ status }) => status === 'pending').map(({ after }) => after);
  return [...tips(graph), ...open].map(image => imageFields(fromHex(image)));
}

function withCredits(image: Image | undefined, credits: readonly Credit[]): Vouched {
  const unloaded = credits.filter(({ number }) => number > (image?.creditNumber ?? 0));
  return {
    mainMinor: unloaded.reduce((sum, credit) => sum + credit.mainMinor, image?.balanceMinor ?? 0),
    bonusMinor: unloaded.reduce((sum, credit) => sum + credit.bonusMinor, image?.bonusMinor ?? 0),
  };
}
