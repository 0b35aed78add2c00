/** A wristband's birth certificate: an `issued` entry in the cloud's journal, and the root of its image graph. */
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import {
  type ChipUid,
  CLOUD_BOX,
  type EventId,
  type Generation,
  type KeySetNumber,
  type WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { type Account, accounts } from '@pulsera/firmware-protocol/money/account';
import { EMPTY_GRAPH, prune } from '@pulsera/firmware-protocol/purse/graph';
import { encodeGraph } from '@pulsera/firmware-protocol/purse/graph-codec';
import type { TenantTransaction } from '../database/with-tenant.ts';
import { addToBalances } from './balances.ts';
import { fileCases } from './cases.ts';
import { readChips, readClaims } from './chip-rows.ts';
import type { ChipState } from './chip-state.ts';
import { claimCase } from './claim.ts';
import { appendToCloudJournal, lockCloudJournal, type Scribe } from './cloud-journal.ts';
import { joined } from './journal-rows.ts';

export interface IssuedWristband {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation: Generation;
  readonly ageClass: number;
  readonly keySet: KeySetNumber;
  /** Slot 0 as personalised: 20 bytes as hex. */
  readonly rootImage: string;
}

/** @param wristbands each for the first time: whoever registers them has made sure of it in this transaction */
export async function issueWristbands(
  scribe: Scribe,
  tx: TenantTransaction,
  eventId: EventId,
  wristbands: readonly IssuedWristband[],
): Promise<void> {
  if (wristbands.length === 0) return;
  const inOrder = wristbands.toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
  const met = await readChips(
    tx,
    eventId,
    inOrder.map(({ uid }) => uid),
    'locked',
  );
  await saveIssued(
    tx,
    eventId,
    inOrder.map(wristband => issuedState(wristband, met.get(wristband.uid))),
  );
  const end = await lockCloudJournal(tx, eventId);
  await moveClaims(tx, eventId, inOrder, met);
  const drafts = wristbands.map(
    ({ uid, wallet, generation, ageClass, keySet, rootImage }): Draft => ({
      kind: 'issued',
      body: { uid, wallet, generation, ageClass, keySet, root: fromHex(rootImage) },
    }),
  );
  await appendToCloudJournal(scribe, tx, eventId, end, drafts);
  const claims = await readClaims(tx, eventId, inOrder);
  await fileCases(tx, eventId, claims.map(claimCase), scribe.world.nowMs());
}

/** A root adds an origin and moves no write: a chip that was used before it was reported just loses its gap. */
function issuedState(
  { uid, wallet, generation, rootImage }: IssuedWristband,
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
  tx: TenantTransaction,
  eventId: EventId,
  wristbands: readonly IssuedWristband[],
  met: ReadonlyMap<ChipUid, ChipState>,
): Promise<void> {
  const deltas = new Map<Account, number>();
  for (const { uid, wallet } of wristbands) {
    const claimed = met.get(uid);
    if (!claimed || claimed.wallet === wallet) continue;
    deltas.set(accounts.walletMain(claimed.wallet), claimed.mainMinor);
    deltas.set(accounts.walletBonus(claimed.wallet), claimed.bonusMinor);
  }
  await addToBalances(tx, eventId, CLOUD_BOX, deltas);
}

async function saveIssued(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
  chips: readonly ChipState[],
): Promise<void> {
  const { blob, at, lengths } = joined(chips.map(({ graph }) => encodeGraph(graph)));
  await client.query(
    `INSERT INTO chip_state (tenant_id, event_id, uid, wallet, generation, registered, blocked, graph,
       main_minor, bonus_minor)
     SELECT $1, $2, uid, wallet, generation, true, false, substring($3::bytea FROM at FOR length), main_minor, bonus_minor
     FROM unnest($4::text[], $5::text[], $6::smallint[], $7::int[], $8::int[], $9::bigint[], $10::bigint[])
       AS new (uid, wallet, generation, at, length, main_minor, bonus_minor)
     ON CONFLICT (tenant_id, event_id, uid) DO UPDATE SET wallet = excluded.wallet, generation = excluded.generation,
       registered = true,
       graph = excluded.graph, main_minor = excluded.main_minor, bonus_minor = excluded.bonus_minor`,
    [
      tenantId,
      eventId,
      blob,
      chips.map(({ uid }) => uid),
      chips.map(({ wallet }) => wallet),
      chips.map(({ generation }) => generation),
      at,
      lengths,
      chips.map(({ mainMinor }) => mainMinor),
      chips.map(({ bonusMinor }) => bonusMinor),
    ],
  );
}
