/** A replaced wristband whose balance has moved on, and that changed the books afterwards: somebody paid with it all the same. */
import type { CaseDraft } from './case.ts';
import type { ChipState } from './chip-state.ts';
import type { Replacement } from './store/replacements.ts';
import type { Ledger } from './store/store.ts';

/** @param chips as they are by now */
export async function movedChips(
  { replacements }: Ledger,
  chips: readonly ChipState[],
): Promise<CaseDraft[]> {
  // Almost no chip is, so that almost no batch asks.
  const blocked = chips.filter(({ blocked }) => blocked);
  const byUid = new Map(blocked.map(chip => [chip.uid, chip]));
  const moved = await replacements.moved([...byUid.keys()]);
  return moved.flatMap(replacement => caseOf(replacement, byUid.get(replacement.uid)) ?? []);
}

/** Undefined while nothing has changed since. Pure. */
export function caseOf(replacement: Replacement, chip: ChipState | undefined): CaseDraft | undefined {
  const { uid, wallet, generation, chipMainMinor, chipBonusMinor } = replacement;
  if (!chip || (chip.mainMinor === chipMainMinor && chip.bonusMinor === chipBonusMinor)) return undefined;
  const mainMinor = chip.mainMinor - chipMainMinor;
  const bonusMinor = chip.bonusMinor - chipBonusMinor;
  return {
    kind: 'replaced-chip-moved',
    subject: `${wallet}/${generation}`,
    uid,
    refs: [],
    // What was spent with it since; negative where it was given something.
    detail: { wallet, generation, mainMinor, bonusMinor },
    lossBoundMinor: Math.max(0, mainMinor + bonusMinor),
  };
}
