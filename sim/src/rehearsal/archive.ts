/** A rehearsal's cloud as an exported event: item by item what `exportEvent` writes, for whoever audits archives. */
import { listCases } from '@pulsera/cloud-api/ledger/cases';
import { refText } from '@pulsera/cloud-api/ledger/chip-state';
import type { Ledger } from '@pulsera/cloud-api/ledger/store/store';
import { type BoxId, CLOUD_BOX, type Seq, type TapRef } from '@pulsera/firmware-protocol/ids';
import type { Item } from '../audit/archive.ts';
import type { CloudRows } from './auditor/seen.ts';
import type { Festival } from './festival.ts';

/** Of one journal: all of it. */
const ALL = 1_000_000;
const NONE = 0 as Seq;

/** @param boxes that were ever enrolled. @param madeAtMs epoch milliseconds */
export async function archiveOf(
  ledger: Ledger,
  { event, plan, cloudKey }: Festival,
  boxes: Iterable<BoxId>,
  madeAtMs: number,
): Promise<readonly Item[]> {
  const { name, currency } = plan.event;
  const items: Item[] = [
    { type: 'pulsera-export', tenant: 1, event, name, currency, madeAtMs },
    { type: 'key', box: CLOUD_BOX, publicKey: cloudKey.publicKey, state: 'cloud' },
  ];
  for (const box of boxes) {
    const record = await ledger.boxes.read(box);
    if (record) items.push({ type: 'key', box, publicKey: record.ed25519PublicKey, state: record.state });
  }
  for (const { box, epoch, seq, hash, head, checkpoint, state } of await ledger.journals.heads()) {
    const rows = await ledger.journals.after({ box, epoch }, NONE, ALL);
    const end = { lastSeq: seq, lastHash: hash, head: head ?? new Uint8Array(0), checkpoint, state };
    items.push({ type: 'journal', box, epoch, ...end });
    items.push({ type: 'entries', box, epoch, fromSeq: 1, contents: rows.map(({ content }) => content) });
  }
  for await (const { box, epoch, reason, batch } of ledger.quarantine.all()) {
    items.push({ type: 'quarantine', box, epoch, reason, batch });
  }
  for (const balance of await ledger.balances.all()) items.push({ type: 'balance', ...balance });
  for (const { number, kind, uid, refs, detail, lossBoundMinor, state } of await listCases(ledger, 0, ALL)) {
    const places = refs.map(ref => refText(ref as TapRef));
    items.push({ type: 'case', number, kind, uid, refs: places, detail, lossBoundMinor, state });
  }
  return [...items, { type: 'end', count: items.length }];
}

/** Of it, what the rehearsal's own auditor looks at. */
export function rowsOf(items: readonly Item[]): CloudRows {
  const of = <T extends Item['type']>(type: T) =>
    items.filter((item): item is Extract<Item, { type: T }> => item.type === type);
  const entries = of('entries');
  return {
    journals: of('journal').map(({ box, epoch, lastSeq, checkpoint }) => ({
      box,
      epoch,
      contents: entries.find(it => it.box === box && it.epoch === epoch)?.contents ?? [],
      checkpointSeq: checkpoint === null ? null : lastSeq,
    })),
    quarantined: of('quarantine').map(({ box, epoch }) => ({ box, epoch })),
    balances: Object.fromEntries(of('balance').map(({ account, amountMinor }) => [account, amountMinor])),
    cases: of('case').map(({ kind, uid, refs, lossBoundMinor }) => ({ kind, uid, refs, lossBoundMinor })),
  };
}
