/** What can be vouched for of a wristband that isn't there any more. */
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
  const open = graph.writes.filter(({ status }) => status === 'pending').map(({ after }) => after);
  const images = [...tips(graph), ...open].map(image => imageFields(fromHex(image)));
  return images.sort((a, b) => valueMinor(a) - valueMinor(b))[0];
}

const valueMinor = ({ balanceMinor, bonusMinor }: Image) => balanceMinor + bonusMinor;

/** That image, and the credits that were not loaded into it. */
export function vouched(graph: ChipGraph, credits: readonly Credit[]): Vouched {
  const image = vouchedImage(graph);
  const unloaded = credits.filter(({ number }) => number > (image?.creditNumber ?? 0));
  return {
    mainMinor: unloaded.reduce((sum, credit) => sum + credit.mainMinor, image?.balanceMinor ?? 0),
    bonusMinor: unloaded.reduce((sum, credit) => sum + credit.bonusMinor, image?.bonusMinor ?? 0),
  };
}
