/** A box asks for the right to reverse a sale: load, decide (`purse/reversal-right.ts`), write what moves it. */
import type { BoxId, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Draft } from '@pulsera/firmware-protocol/journal/entry';
import { sameRef } from '@pulsera/firmware-protocol/purse/graph';
import {
  moveRight,
  type RightFacts,
  type RightRefusal,
  type SaleTerms,
  saleTerms,
} from '@pulsera/firmware-protocol/purse/reversal-right';
import type { ReversalAnswer, ReversalQuestion } from '@pulsera/firmware-protocol/wire/reversal';
import type { Cloud } from '../context.ts';
import { holdBox } from '../edges/boxes.ts';
import { isCutOff } from '../edges/contact.ts';
import { boxRevoked } from '../edges/session.ts';
import type { EdgeIdentity } from '../edges/ticket.ts';
import { rebuildGraphs } from '../ingest/load.ts';
import { refText } from '../ledger/chip-state.ts';
import { appendToCloudJournal, lockCloudJournal } from '../ledger/cloud-journal.ts';
import { rightAt } from '../ledger/reversal-rights.ts';
import type { Heard } from '../ledger/store/boxes.ts';
import type { Ledger } from '../ledger/store/store.ts';

interface Sale {
  readonly ref: TapRef;
  readonly terms: SaleTerms;
}

type Asking = Pick<Cloud, 'store' | 'signer' | 'world'>;

/** @throws Fault `box-revoked` */
export function askForReversal(
  cloud: Asking,
  asker: EdgeIdentity,
  question: ReversalQuestion,
): Promise<ReversalAnswer> {
  const { tenantId, eventId, boxId } = asker;
  return cloud.store.within(tenantId, eventId, async ledger => {
    if ((await holdBox(ledger, boxId)) === 'revoked') throw boxRevoked(asker);
    // Nothing of this wristband is taken in while its sale is looked at.
    await ledger.chips.read([question.uid], 'locked');
    const sale = await findSale(ledger, question);
    await lockCloudJournal(ledger);
    const heard = await ledger.boxes.heard();
    if (!sale) return refused('unknown', null, heard, cloud.world.nowMs());
    return await move(cloud, ledger, boxId, question, sale, heard);
  });
}

/** What this wristband bought in that tap, posted and not given back. A tap id that was dropped may have been tried again. */
async function findSale(ledger: Ledger, { tap, uid }: ReversalQuestion): Promise<Sale | undefined> {
  const { whole, taps } = await rebuildGraphs(ledger, [uid]);
  for (const { ref, status, abandoned } of whole.get(uid)?.writes ?? []) {
    const body = taps.get(refText(ref));
    const terms = body?.tap === tap ? saleTerms(body) : undefined;
    if (terms && status === 'posted' && !abandoned) return { ref, terms };
  }
  return undefined;
}

async function move(
  cloud: Asking,
  ledger: Ledger,
  asker: BoxId,
  { tap }: ReversalQuestion,
  sale: Sale,
  heard: readonly Heard[],
): Promise<ReversalAnswer> {
  const nowMs = cloud.world.nowMs();
  // At most twice: a right that is withdrawn from a revoked box is granted at once.
  for (;;) {
    const facts = await readFacts(ledger, sale.ref, heard, nowMs);
    const { right } = facts;
    const next = moveRight(asker, facts);
    switch (next.kind) {
      case 'granted':
        return { outcome: 'granted', cloudSeq: right.seq };
      case 'grant': {
        const body = { of: sale.ref, tap, to: asker, ...sale.terms };
        return {
          outcome: 'granted',
          cloudSeq: await write(cloud, ledger, { kind: 'reversal-granted', body }),
        };
      }
      case 'withdraw':
        await write(cloud, ledger, { kind: 'reversal-withdrawn', body: { of: sale.ref, tap } });
        continue;
      case 'wait':
        return { outcome: 'wait', box: right.last };
      case 'refused':
        return refused(next.reason, right.last, heard, nowMs);
    }
  }
}

async function write(cloud: Asking, ledger: Ledger, draft: Draft): Promise<Seq> {
  const end = await lockCloudJournal(ledger);
  const written = await appendToCloudJournal(cloud, ledger, end, [draft]);
  return written.at(-1)?.seq ?? end.seq;
}

/** How far a box obeys is read before what it reversed: its journal may grow meanwhile, and must not seem to show more than it did. */
async function readFacts(
  ledger: Ledger,
  sale: TapRef,
  heard: readonly Heard[],
  nowMs: number,
): Promise<RightFacts> {
  const right = rightAt(sale, (await ledger.reversals.rights([sale])).get(refText(sale)) ?? [], Infinity);
  const obeying = (await ledger.boxes.obeying()).find(({ box }) => box === right.last);
  const reversals = (await ledger.reversals.of([sale])).filter(of => sameRef(of.sale, sale));
  const contact = heard.find(({ box }) => box === right.last);
  const has = (status: 'posted' | 'pending') => reversals.some(reversal => reversal.status === status);
  return {
    right,
    isSold: true,
    reversal: has('posted') ? 'posted' : has('pending') ? 'pending' : 'none',
    last: {
      cloudSeq: obeying?.obeyedSeq ?? (0 as Seq),
      cutOffSinceMs: contact && isCutOff(contact, nowMs) ? (contact.heardMs ?? 0) : null,
      // Only a box that was revoked is on no list.
      isRevoked: obeying === undefined,
    },
  };
}

function refused(
  reason: RightRefusal,
  box: BoxId | null,
  heard: readonly Heard[],
  nowMs: number,
): ReversalAnswer {
  const contact = heard.find(each => each.box === box);
  return {
    outcome: 'refused',
    reason,
    box,
    sinceMs: contact && isCutOff(contact, nowMs) ? contact.heardMs : null,
    boxesCutOff: heard.filter(each => isCutOff(each, nowMs)).length,
  };
}
