/** Rows for the contract of stores. */
import type {
  BoxId,
  ChipUid,
  Epoch,
  Generation,
  KeySetNumber,
  Seq,
  TapRef,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import { type Draft, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { EMPTY_GRAPH, settle } from '@pulsera/firmware-protocol/purse/graph';
import type { CaseDraft } from '../case.ts';
import type { ChipState } from '../chip-state.ts';
import type { ListedCredit } from './credit-lists.ts';
import type { JournalKey, JournalRow } from './journals.ts';
import type { QuarantinedBatch } from './quarantine.ts';
import type { Ledger } from './store.ts';

export const uidOf = (n: number) => `04${n.toString(16).padStart(12, '0')}` as ChipUid;
export const walletOf = (n: number) => n.toString(16).padStart(16, '0') as WalletId;
export const ref = (box: number, seq: number, epoch = 1) => ({ box, epoch, seq }) as TapRef;
export const root = (n: number) => n.toString(16).padStart(40, '0');
export const plain = (bytes: Uint8Array | null | undefined) => bytes && [...bytes];

export const chip = (n: number, more: Partial<ChipState> = {}): ChipState => ({
  uid: uidOf(n),
  wallet: walletOf(n),
  generation: 1 as Generation,
  registered: true,
  blocked: false,
  graph: settle(EMPTY_GRAPH, [{ kind: 'issued', root: root(n) }]).graph,
  mainMinor: 0,
  bonusMinor: 0,
  ...more,
});

export const wristband = (n: number, more: Partial<{ wallet: WalletId; keySet: KeySetNumber }> = {}) => ({
  uid: uidOf(n),
  wallet: walletOf(n),
  generation: 1 as Generation,
  ageClass: 18,
  keySet: 1 as KeySetNumber,
  rootImage: root(n),
  ...more,
});

export const credit = (n: number, number: number, more: Partial<ListedCredit> = {}): ListedCredit => ({
  wallet: walletOf(n),
  generation: 1 as Generation,
  number,
  mainMinor: 100 * number,
  bonusMinor: 5,
  source: 'online',
  reference: `pay-${n}-${number}`,
  seq: number,
  ...more,
});

export const found = (subject: string, more: Partial<CaseDraft> = {}): CaseDraft => ({
  kind: 'fork',
  subject,
  uid: uidOf(1),
  refs: [ref(3, 7)],
  detail: { before: 'ab', spentMinor: 5 },
  lossBoundMinor: 5,
  ...more,
});

export const rowOf = (draft: Draft, seq: number): JournalRow => ({
  kind: draft.kind,
  uid: 'uid' in draft.body ? draft.body.uid : null,
  wallMs: 1000 + seq,
  content: encodeEntry({ seq: seq as Seq, wallMs: 1000 + seq, monoMs: 0, boot: 0, ...draft }),
  hash: new Uint8Array(32).fill(seq),
});
export const blocked = (n: number, generation = 1): Draft => ({
  kind: 'blocked',
  body: { uid: uidOf(n), wallet: walletOf(n), generation: generation as Generation, reason: 'lost' },
});
export const cursor: Draft = { kind: 'cloud-cursor', body: { seq: 4 as Seq, hash: new Uint8Array(32) } };

export const CLOUD: JournalKey = { box: 0 as BoxId, epoch: 1 as Epoch };
export const BOX: JournalKey = { box: 3 as BoxId, epoch: 1 as Epoch };
export const OTHER_BOX = 4 as BoxId;
export const NEXT_EPOCH: JournalKey = { box: 3 as BoxId, epoch: 2 as Epoch };

export const setAside = (fill: number, more: Partial<QuarantinedBatch> = {}): QuarantinedBatch => ({
  ...BOX,
  fromSeq: 1 as Seq,
  headHash: new Uint8Array(32).fill(fill),
  reason: 'journal-forked',
  receivedMs: 1000,
  batch: Uint8Array.of(fill),
  ...more,
});

export async function batches({ quarantine }: Ledger): Promise<QuarantinedBatch[]> {
  const all: QuarantinedBatch[] = [];
  for await (const batch of quarantine.all()) all.push(batch);
  return all;
}
