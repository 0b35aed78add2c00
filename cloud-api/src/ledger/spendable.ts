/** At most what can be paid with a wristband that stands at some image: what that holds, and the credits that it has not loaded. */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid } from '@pulsera/firmware-protocol/ids';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import type { ChipState } from './chip-state.ts';
import type { Ledger } from './store/store.ts';

/** @param credits the wristband's list: whether another image loaded them already, no image can tell */
export function spendableMinor(image: string, credits: readonly Credit[]): number {
  const { balanceMinor, bonusMinor, creditNumber } = imageFields(fromHex(image));
  return credits
    .filter(({ number }) => number > creditNumber)
    .reduce((sum, credit) => sum + credit.mainMinor + credit.bonusMinor, balanceMinor + bonusMinor);
}

/** The credit list of each of these chips. */
export async function creditsOf(
  { credits }: Ledger,
  chips: readonly Pick<ChipState, 'uid' | 'wallet' | 'generation'>[],
): Promise<ReadonlyMap<ChipUid, readonly Credit[]>> {
  const lists = Map.groupBy(
    chips.length === 0 ? [] : await credits.lists(chips),
    ({ wallet, generation }) => `${wallet}/${generation}`,
  );
  return new Map(
    chips.map(({ uid, wallet, generation }) => [uid, lists.get(`${wallet}/${generation}`) ?? []]),
  );
}
