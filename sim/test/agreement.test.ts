/**
 * Two readings of the same journals, written apart from each other: the cloud's ingest, step by step and pruned, and the
 * auditor, whole and naive. Whatever guests, thieves and lying boxes do, and whatever has arrived so far, they must agree.
 */
import { createHash } from 'node:crypto';
import type { BoxId, Epoch, EventId, KeySetNumber, Seq } from '@pulsera/firmware-protocol/ids';
import { entryHash, genesis } from '@pulsera/firmware-protocol/journal/chain';
import { type Draft, encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import fc from 'fast-check';
import { test } from 'vitest';
import { Chip } from '../../cloud-api/test/chip.ts';
import { buy, JournalBox, load } from '../../cloud-api/test/journal-box.ts';
import { MemoryCloud } from '../../cloud-api/test/memory-cloud.ts';
import { readItems } from '../src/audit/archive.ts';
import { audit } from '../src/audit/audit.ts';
import { report } from '../src/audit/report.ts';
import { chunksOf, publicKey, type RawItem, signer } from './small-event.ts';

const EVENT = 7 as EventId;
const EPOCH = 1 as Epoch;
const PLACES = [0, 1, 2] as const;
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

const move = fc.record({
  chip: fc.constantFrom(...PLACES),
  box: fc.constantFrom(...PLACES),
  what: fc.constantFrom('sale', 'sale', 'load', 'clone', 'swap', 'save', 'rollback'),
  amountMinor: fc.integer({ min: 1, max: 900 }),
  fate: fc.constantFrom('done', 'done', 'kept', 'written'),
  /** What the box says of a torn tap: the truth, nothing, that the till gave up, or a lie. */
  says: fc.constantFrom('truth', 'nothing', 'abandoned', 'abandoned', 'lie'),
});
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;
const arrival = fc.record({ box: fc.constantFrom(...PLACES), entries: fc.integer({ min: 1, max: 6 }) });
type Arrival = typeof arrival extends fc.Arbitrary<infer A> ? A : never;

const three = <T>(make: (number: number) => T): [T, T, T] => [make(1), make(2), make(3)];

function evening(moves: readonly Move[], isHonest: boolean) {
  const boxes = three(number => new JournalBox(EVENT, number));
  const chips = three(number => new Chip(number));
  const clones = three(number => new Chip(number));
  const saved = three(number => new Chip(number));
  for (const { chip, box, what, amountMinor, fate, says } of moves) {
    if (what === 'sale' || what === 'load') {
      const ref = boxes[box].tap(
        chips[chip],
        [what === 'sale' ? buy(1, amountMinor) : load(10 * amountMinor)],
        fate,
      );
      if (!ref || fate === 'done') continue;
      if (says === 'truth' && fate === 'written') boxes[box].settle(ref, 'posted', 'sight');
      if (says === 'truth' && fate === 'kept') boxes[box].settle(ref, 'dropped', 'overwritten');
      if (says === 'abandoned' || says === 'lie') boxes[box].settle(ref, 'abandoned', 'none');
      if (says === 'lie' && !isHonest) boxes[box].settle(ref, 'dropped', 'overwritten');
    } else if (isHonest) continue;
    else if (what === 'clone') clones[chip] = chips[chip].copy();
    else if (what === 'swap') [chips[chip], clones[chip]] = [clones[chip], chips[chip]];
    else if (what === 'save') saved[chip] = chips[chip].copy();
    else chips[chip] = saved[chip].copy();
  }
  return boxes;
}

/** @returns how many entries of each box have arrived */
function deliver(cloud: MemoryCloud, boxes: ReturnType<typeof evening>, order: readonly Arrival[]): number[] {
  const arrived = [0, 0, 0];
  for (const { box, entries } of order) {
    const from = (arrived[box] ?? 0) + 1;
    const to = Math.min(boxes[box].seq, from + entries - 1);
    if (to < from) continue;
    cloud.receive(boxes[box], from, to);
    arrived[box] = to;
  }
  return arrived;
}

/** What the cloud concluded, as its journal would have it. */
function cloudJournal(cloud: MemoryCloud, chips: readonly Chip[]): Draft[] {
  const drafts: Draft[] = chips.map(({ uid, wallet, generation, root }) => ({
    kind: 'issued',
    body: { uid, wallet, generation, ageClass: 0, keySet: 1 as KeySetNumber, root },
  }));
  drafts.push(...cloud.settlements);
  const listed = new Map<string, number>();
  for (const { credit } of cloud.givenBack.values()) {
    const number = (listed.get(credit.wallet) ?? 0) + 1;
    listed.set(credit.wallet, number);
    const generation = chips[0]?.generation;
    if (generation) drafts.push({ kind: 'credited', body: { ...credit, generation, number } });
  }
  for (const { uid, wallet, generation } of chips) {
    if (!cloud.blocked.includes(uid)) continue;
    const isFork = [...cloud.cases.values()].some(found => found.kind === 'fork' && found.uid === uid);
    drafts.push({ kind: 'blocked', body: { uid, wallet, generation, reason: isFork ? 'fork' : 'forgery' } });
  }
  return drafts;
}

function journalItems(box: BoxId, contents: readonly Uint8Array[]): RawItem[] {
  let hash = genesis(EVENT, box, EPOCH, sha256);
  for (const content of contents) hash = entryHash(hash, content, sha256);
  const head = { event: EVENT, box, epoch: EPOCH, seq: contents.length as Seq, hash, wallMs: 1 };
  const checkpoint = box === 0 ? null : signHead('pulsera/checkpoint', head, signer(0));
  const signed = signHead('pulsera/head', head, signer(box));
  const journal: RawItem = ['journal', box, EPOCH, contents.length, hash, signed, checkpoint, 'open'];
  return contents.length === 0 ? [journal] : [journal, ['entries', box, EPOCH, 1, contents]];
}

function archive(
  cloud: MemoryCloud,
  chips: readonly Chip[],
  boxes: readonly JournalBox[],
  arrived: number[],
): RawItem[] {
  const drafts = cloudJournal(cloud, chips);
  const contents = drafts.map((draft, i) =>
    encodeEntry({ seq: (i + 1) as Seq, wallMs: 1, monoMs: 1, boot: 1, ...draft }),
  );
  const sums = Object.entries(cloud.sums()).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ['pulsera-export', 1, 1, EVENT, 'Agreement', 'EUR', 1],
    ...[0, 1, 2, 3].map((box): RawItem => ['key', box, publicKey(box), box === 0 ? 'cloud' : 'enrolled']),
    ...journalItems(0 as BoxId, contents),
    ...boxes.flatMap((box, i) => journalItems(box.box, box.contents.slice(0, arrived[i]))),
    ...sums.map(([account, amountMinor]): RawItem => ['balance', account, amountMinor]),
    ...[...cloud.cases.values()].map(({ kind, uid, refs, detail, lossBoundMinor }, i): RawItem => {
      const named = refs.map(({ box, epoch, seq }) => [box, epoch, seq]);
      return ['case', i + 1, kind, uid, named, JSON.stringify(detail), lossBoundMinor, 1, 'open'];
    }),
  ];
}

test.each([
  ['honest guests', true],
  ['clones, rollbacks and boxes that lie', false],
])('%s: the auditor finds what the cloud found, however much has arrived', async (_, isHonest) => {
  const moves = fc.array(move, { maxLength: 40 });
  const order = fc.array(arrival, { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(moves, order, fc.boolean(), async (happened, arrivals, isComplete) => {
      const boxes = evening(happened, isHonest);
      const chips = three(number => new Chip(number));
      const cloud = new MemoryCloud();
      for (const chip of chips) cloud.issue(chip);
      const rest = PLACES.map(box => ({ box, entries: boxes[box].seq }));
      const arrived = deliver(cloud, boxes, isComplete ? [...arrivals, ...rest] : arrivals);
      if (isComplete) cloud.complete();
      const { findings, ...of } = await audit(
        readItems(chunksOf(archive(cloud, chips, boxes, arrived), 1_000_000)),
      );
      if (!findings.holds) throw new Error(report({ findings, ...of }));
    }),
    { numRuns: 400 },
  );
});
