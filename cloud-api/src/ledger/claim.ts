/**
 * What a box may say of a chip that nobody registered. Under a wallet that nobody knows it is taken at its word: cut off, an
 * empty wallet is given out, and linked later. Under a wallet that another chip was registered with it is a claim: a case, and it
 * moves nothing of that wallet. Credits stay with the registered chip, and so does the wallet's generation; it is never
 * blocked by the cloud's journal, since a block names wallet and generation, and boxes would refuse the owner.
 */
import type { TapRef, WalletId } from '@pulsera/firmware-protocol/ids';
import type { CaseDraft } from './case.ts';
import type { ChipState } from './chip-state.ts';
import type { Ledger } from './store/store.ts';

export const isClaim = ({ registered, wallet }: ChipState, owned: ReadonlySet<WalletId>): boolean =>
  !registered && owned.has(wallet);

/** Those of a wallet's chips that speak for it: the registered ones, or whatever there is when none is. */
export function speakingFor<Chip extends Pick<ChipState, 'registered'>>(
  chips: readonly Chip[],
): readonly Chip[] {
  const registered = chips.filter(chip => chip.registered);
  return registered.length > 0 ? registered : chips;
}

/** Which of the wallets that these chips name are a registered chip's. */
export async function readOwned(
  { chips: stored }: Ledger,
  chips: Iterable<ChipState>,
): Promise<ReadonlySet<WalletId>> {
  const named = [...chips].filter(({ registered }) => !registered).map(({ wallet }) => wallet);
  return named.length === 0 ? new Set() : stored.owned(named);
}

/** One case per chip. */
export function claimCase({ uid, wallet, generation, graph }: ChipState): CaseDraft {
  const [first] = graph.writes;
  const refs: TapRef[] = first ? [first.ref] : [];
  return {
    kind: 'wallet-claimed',
    subject: uid,
    uid,
    refs,
    detail: { wallet, generation },
    lossBoundMinor: null,
  };
}
