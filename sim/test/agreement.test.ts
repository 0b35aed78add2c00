/**
 * Two readings of the same journals, written apart from each other: the cloud's ingest, step by step and pruned, and the
 * auditor, whole and naive. Whatever guests, thieves and lying boxes do, and whatever has arrived so far, they must agree.
 */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import fc from 'fast-check';
import { test } from 'vitest';
import { listCases } from '../../cloud-api/src/ledger/cases.ts';
import { Chip } from '../../cloud-api/test/chip.ts';
import { CLOUD_SIGNER, type CloudInMemory, cloudOf } from '../../cloud-api/test/cloud-in-memory.ts';
import { buy, JournalBox, load, signerOf } from '../../cloud-api/test/journal-box.ts';
import { readItems } from '../src/audit/archive.ts';
import { audit } from '../src/audit/audit.ts';
import { report } from '../src/audit/report.ts';
import { chunksOf, type RawItem } from './small-event.ts';

const EVENT = 7;
const PLACES = [0, 1, 2] as const;

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

async function deliver(
  cloud: CloudInMemory,
  boxes: ReturnType<typeof evening>,
  order: readonly Arrival[],
): Promise<void> {
  const arrived = [0, 0, 0];
  for (const { box, entries } of order) {
    const from = (arrived[box] ?? 0) + 1;
    const to = Math.min(boxes[box].seq, from + entries - 1);
    if (to < from) continue;
    await cloud.receive(boxes[box].box, boxes[box].batch(from, to));
    arrived[box] = to;
  }
}

/** Everything the cloud holds, as it exports it. */
const archive = (cloud: CloudInMemory): Promise<RawItem[]> =>
  cloud.read(async ledger => {
    const { journals, balances } = ledger;
    const items: RawItem[] = [
      ['pulsera-export', 1, 1, ledger.eventId, 'Agreement', 'EUR', 1],
      ['key', 0, CLOUD_SIGNER.publicKey, 'cloud'],
      ...PLACES.map((place): RawItem => ['key', place + 1, signerOf(place + 1).publicKey, 'enrolled']),
    ];
    for (const { box, epoch, seq, hash, head, checkpoint, state } of await journals.heads()) {
      const rows = await journals.after({ box, epoch }, 0 as Seq, seq);
      items.push(['journal', box, epoch, seq, hash, head, checkpoint, state]);
      items.push(['entries', box, epoch, 1, rows.map(({ content }) => content)]);
    }
    for (const { account, amountMinor } of await balances.all())
      items.push(['balance', account, amountMinor]);
    for (const found of await listCases(ledger, 0, 10_000)) {
      const { number, kind, uid, refs, detail, lossBoundMinor, openedAtMs, state } = found;
      const named = refs.map(({ box, epoch, seq }) => [box, epoch, seq]);
      items.push([
        'case',
        number,
        kind,
        uid,
        named,
        JSON.stringify(detail),
        lossBoundMinor,
        openedAtMs,
        state,
      ]);
    }
    return items;
  });

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
      const cloud = cloudOf(boxes);
      for (const chip of chips) await cloud.issue(chip);
      const rest = PLACES.map(box => ({ box, entries: boxes[box].seq }));
      await deliver(cloud, boxes, isComplete ? [...arrivals, ...rest] : arrivals);
      if (isComplete) await cloud.complete();
      const { findings, ...of } = await audit(readItems(chunksOf(await archive(cloud), 1_000_000)));
      if (!findings.holds) throw new Error(report({ findings, ...of }));
    }),
    { numRuns: 400 },
  );
});
