/** Spoiling a small event, in its file or in its journals, and what the audit then has to say. */
import type { Epoch, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Body, Draft, EntryKind } from '@pulsera/firmware-protocol/journal/entry';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import { expect } from 'vitest';
import { readItems } from '../src/audit/archive.ts';
import { audit } from '../src/audit/audit.ts';
import type { Check, Findings } from '../src/audit/findings.ts';
import { chunksOf, type RawItem, type SmallEvent, smallEvent } from './small-event.ts';

/** What is spoilt, in which check it must fail, what the report must name, and how it is done. */
export type Tampering<S> = readonly [what: string, check: Check, names: string, spoil: S];

export async function findingsOf(items: readonly RawItem[], isClosed = false): Promise<Findings> {
  return (await audit(readItems(chunksOf(items)), isClosed)).findings;
}

export function expectNamed(findings: Findings, check: Check, names: string): void {
  const { failed, failures } = findings.tallies[check];
  expect({ check, failed: failed > 0, failures: failures.join('\n') }).toEqual({
    check,
    failed: true,
    failures: expect.stringContaining(names),
  });
  expect(findings.holds).toBe(false);
}

export const of = (items: RawItem[], type: string) => items.filter(item => item[0] === type);
export const one = (items: RawItem[], type: string, at = 0): RawItem => {
  const item = of(items, type)[at];
  if (!item) throw new Error(`no ${type} at ${at}`);
  return item;
};
export const contentsOf = (item: RawItem) => item[4] as Uint8Array[];
export const text = ({ box, epoch, seq }: TapRef) => `${box}/${epoch}/${seq}`;

/** Rewrites an entry where it stands; the journal is chained and signed anew, as a box or a cloud that lies would. */
export function change<K extends EntryKind>(
  event: SmallEvent,
  { box, seq }: TapRef,
  kind: K,
  fields: Partial<Body<K>>,
): void {
  const journal = event.journals[box] ?? [];
  const draft = journal[seq - 1];
  if (draft?.kind !== kind) throw new Error(`${box}/${seq} is no ${kind}`);
  journal[seq - 1] = { kind, body: { ...draft.body, ...fields } } as Draft;
}
export function find<K extends EntryKind>(event: SmallEvent, box: number, kind: K, at = 0): TapRef {
  const journal = event.journals[box] ?? [];
  const places = journal.flatMap((draft, i) => (draft.kind === kind ? [i] : []));
  const index = places[at];
  if (index === undefined) throw new Error(`no ${kind} in journal ${box}`);
  return { box: box as TapRef['box'], epoch: 1 as Epoch, seq: (index + 1) as Seq };
}
export const bodyOf = <K extends EntryKind>(event: SmallEvent, ref: TapRef, kind: K): Body<K> => {
  const draft = event.journals[ref.box]?.[ref.seq - 1];
  if (draft?.kind !== kind) throw new Error(`no ${kind}`);
  return draft.body as Body<K>;
};
/** The image a tap wrote, with other figures in it. */
export function repainted(event: SmallEvent, ref: TapRef, fields: object): Uint8Array {
  const [chip] = smallEvent().chips;
  if (!chip) throw new Error('no chip');
  return chip.seal({ ...imageFields(event.tapAt(ref).after), ...fields });
}
export const cancelled = (event: SmallEvent, ref: TapRef) => {
  const nothing: Draft = { kind: 'clock-jump', body: { fromMs: 0, toMs: 0 } };
  (event.journals[ref.box] ?? [])[ref.seq - 1] = nothing;
};
