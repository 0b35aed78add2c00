/** A wristband's birth certificate: an `issued` entry in the cloud's journal, and the root of its image graph. */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { type ChipUid, CLOUD_BOX } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { type Account, accounts } from '@pulsera/firmware-protocol/money/account';
import { EMPTY_GRAPH, prune } from '@pulsera/firmware-protocol/purse/graph';
import type { ChipState } from './chip-state.ts';
import { claimCase } from './claim.ts';
import { appendToCloudJournal, lockCloudJournal, type Scribe } from './cloud-journal.ts';
import type { Ledger } from './store/store.ts';
import type { Wristband } from './store/wristbands.ts';

/** @param wristbands each for the first time: whoever registers them has made sure of it in this transaction */
export async function issueWristbands(
  scribe: Scribe,
  ledger: Ledger,
  wristbands: readonly Wristband[],
): Promise<void> {
  if (wristbands.length === 0) return;
  const inOrder = wristbands.toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
  const uids = inOrder.map(({ uid }) => uid);
  const met = await ledger.chips.read(uids, 'locked');
  await ledger.chips.register(inOrder.map(wristband => issuedState(wristband, met.get(wristband.uid))));
  const end = await lockCloudJournal(ledger);
  await moveClaims(ledger, inOrder, met);
  const drafts = wristbands.map(
    ({ uid, wallet, generation, ageClass, keySet, rootImage }): Draft => ({
      kind: 'issued',
      body: { uid, wallet, generation, ageClass, keySet, root: fromHex(rootImage) },
    }),
  );
  await appendToCloudJournal(scribe, ledger, end, drafts);
  const claims = await ledger.chips.unregistered(inOrder.map(({ wallet }) => wallet));
  await ledger.cases.file(claims.map(claimCase), scribe.world.nowMs());
}

/** A root adds an origin and moves no write: a chip that was used before it was reported just loses its gap. */
function issuedState(
  { uid, wallet, generation, rootImage }: Wristband,
  met: ChipState | undefined,
): ChipState {
  const graph = met?.graph ?? EMPTY_GRAPH;
  const isOurs = met?.wallet === wallet;
  return {
    uid,
    wallet,
    generation,
    registered: true,
    blocked: met?.blocked ?? false,
    graph: prune({ ...graph, roots: [...new Set([...graph.roots, rootImage])] }),
    mainMinor: isOurs ? met.mainMinor : 0,
    bonusMinor: isOurs ? met.bonusMinor : 0,
  };
}

/** What taps posted to a wallet that the chip only claimed stays booked there. The cloud's journal must be locked: see `retrying`. */
async function moveClaims(
  { balances }: Ledger,
  wristbands: readonly Wristband[],
  met: ReadonlyMap<ChipUid, ChipState>,
): Promise<void> {
  const deltas = new Map<Account, number>();
  for (const { uid, wallet } of wristbands) {
    const claimed = met.get(uid);
    if (!claimed || claimed.wallet === wallet) continue;
    deltas.set(accounts.walletMain(claimed.wallet), claimed.mainMinor);
    deltas.set(accounts.walletBonus(claimed.wallet), claimed.bonusMinor);
  }
  await balances.add(CLOUD_BOX, deltas);
}
