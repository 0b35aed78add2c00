/**
 * Once all journals are in, an image that nobody wrote was forged: the check that turns gaps into cases. Before that a gap
 * only says that some box's journal is still on its way, so it is run when staff say that none is. Quarantined journals are in too:
 * what they wrote is no forgery (`set-aside.ts`), and what it cost is added to the case that the quarantine has.
 */
import type { EventId, TenantId, WalletId } from '@pulsera/firmware-protocol/ids';
import { gaps } from '@pulsera/firmware-protocol/purse/graph';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import type { Cloud } from '../context.ts';
import type { CaseDraft } from './case.ts';
import { type ChipState, refText } from './chip-state.ts';
import { isClaim, readOwned } from './claim.ts';
import { lockCloudJournal } from './cloud-journal.ts';
import { fulfil } from './fulfil.ts';
import type { Order } from './order.ts';
import { imageKey, readSetAside, type SetAside, type SetAsideImages, SetAsideLosses } from './set-aside.ts';
import { creditsOf, spendableMinor } from './spendable.ts';
import type { Ledger } from './store/store.ts';

const PAGE = 1000;

/** What nobody is known to have written, of one chip. */
export interface Origins {
  readonly cases: readonly CaseDraft[];
  readonly orders: readonly Order[];
  /** Images that stand in a quarantined journal only, with what could be spent from them. */
  readonly setAside: readonly {
    readonly of: SetAside;
    readonly key: string;
    readonly spendableMinor: number;
  }[];
}

/** Pure: what is forged about one chip when no journal is missing. @param credits its list */
function forgeriesOf(
  chip: ChipState,
  owned: ReadonlySet<WalletId>,
  written: SetAsideImages,
  credits: readonly Credit[],
): Origins {
  const { uid, wallet, generation, blocked, graph } = chip;
  const cases: CaseDraft[] = [];
  const setAside: Origins['setAside'][number][] = [];
  for (const { ref, before } of gaps(graph)) {
    const image = before ?? '';
    const key = imageKey(uid, image);
    const lossBoundMinor = spendableMinor(image, credits);
    const of = written.get(key);
    if (of) setAside.push({ of, key, spendableMinor: lossBoundMinor });
    else {
      const detail = { before: image };
      cases.push({
        kind: 'forgery',
        subject: refText(ref),
        uid,
        refs: [ref],
        detail,
        lossBoundMinor,
      });
    }
  }
  const block: Order = { kind: 'blocked', body: { uid, wallet, generation, reason: 'forgery' } };
  return { cases, orders: cases.length === 0 || blocked || isClaim(chip, owned) ? [] : [block], setAside };
}

export interface Completed {
  /** Looked at. */
  readonly chips: number;
  /** With an image that nobody wrote. */
  readonly forged: number;
  /** With one that stands in a quarantined journal only. */
  readonly quarantined: number;
}

/** Over all chips of the event, some at a time. */
export async function completeJournals(
  cloud: Pick<Cloud, 'store' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
): Promise<Completed> {
  const written = await cloud.store.within(tenantId, eventId, readSetAside);
  const losses = new SetAsideLosses();
  let completed: Completed = { chips: 0, forged: 0, quarantined: 0 };
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    const page = await cloud.store.within(tenantId, eventId, ledger =>
      completePage(cloud, ledger, from, written),
    );
    for (const { of, key, spendableMinor } of page.found.flatMap(({ setAside }) => setAside)) {
      losses.add(of, key, spendableMinor);
    }
    completed = {
      chips: completed.chips + page.chips,
      forged: completed.forged + page.found.filter(({ cases }) => cases.length > 0).length,
      quarantined: completed.quarantined + page.found.filter(({ setAside }) => setAside.length > 0).length,
    };
    after = page.last;
  }
  await cloud.store.within(tenantId, eventId, async ledger => {
    await lockCloudJournal(ledger);
    await losses.save(ledger);
  });
  return completed;
}

async function completePage(
  cloud: Pick<Cloud, 'signer' | 'world'>,
  ledger: Ledger,
  after: string,
  written: SetAsideImages,
): Promise<{ chips: number; found: readonly Origins[]; last: string | undefined }> {
  const uids = await ledger.chips.page(after, PAGE);
  const chips = await ledger.chips.read(uids, 'locked');
  const owned = await readOwned(ledger, chips.values());
  const gappy = [...chips.values()].filter(({ graph }) => gaps(graph).length > 0);
  const credits = await creditsOf(ledger, gappy);
  const found = gappy.map(chip => forgeriesOf(chip, owned, written, credits.get(chip.uid) ?? []));
  await fulfil(cloud, ledger, {
    cases: found.flatMap(({ cases }) => cases),
    orders: found.flatMap(({ orders }) => orders),
  });
  return { chips: uids.length, found, last: uids.at(-1) };
}
