/** Histories of honest and dishonest chips at several boxes, delivered in every order, cut and repeated. */

import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { EntryOf } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { type CloudInMemory, cloudOf } from '../../test/cloud-in-memory.ts';
import { buy, type Fate, JournalBox, load } from '../../test/journal-box.ts';
import type { ListedCredit } from '../ledger/store/credit-lists.ts';
import { wholeGraph } from './known.ts';

const BOXES = 3;
const CHIPS = 3;

interface Step {
  readonly chip: number;
  readonly box: number;
  readonly isSale: boolean;
  readonly amountMinor: number;
  readonly fate: Fate;
  /** What the till does about a tap that was torn. */
  readonly followUp: 'settled' | 'left' | 'abandoned' | 'same-cart-elsewhere';
}

const step: fc.Arbitrary<Step> = fc.record({
  chip: fc.nat(CHIPS - 1),
  box: fc.nat(BOXES - 1),
  isSale: fc.boolean(),
  amountMinor: fc.integer({ min: 1, max: 900 }),
  fate: fc.constantFrom('done', 'done', 'kept', 'written'),
  followUp: fc.constantFrom('settled', 'left', 'abandoned', 'same-cart-elsewhere'),
});

interface Delivery {
  readonly box: number;
  readonly entries: number;
  readonly overlap: number;
}
const delivery: fc.Arbitrary<Delivery> = fc.record({
  box: fc.nat(BOXES - 1),
  entries: fc.integer({ min: 1, max: 6 }),
  overlap: fc.nat(3),
});
const deliveries = fc.array(delivery, { maxLength: 60 });

function evening(steps: readonly Step[]) {
  const chips = Array.from({ length: CHIPS }, (_, i) => new Chip(i + 1));
  const boxes = Array.from({ length: BOXES }, (_, i) => new JournalBox(7, i + 1));
  for (const { chip, box, isSale, amountMinor, fate, followUp } of steps) {
    const [wristband, here, there] = [chips[chip], boxes[box], boxes[(box + 1) % BOXES]];
    if (!wristband || !here || !there) throw new Error('a step outside the evening');
    const rules = isSale ? [buy(1, amountMinor)] : [load(10 * amountMinor)];
    const ref = here.tap(wristband, rules, fate);
    if (!ref || fate === 'done') continue;
    if (followUp === 'settled' && fate === 'written') here.settle(ref, 'posted', 'sight');
    if (followUp === 'settled' && fate === 'kept') here.settle(ref, 'dropped', 'overwritten');
    if (followUp === 'abandoned' || followUp === 'same-cart-elsewhere') here.settle(ref, 'abandoned', 'none');
    if (followUp === 'same-cart-elsewhere') there.tap(wristband, rules);
  }
  return { chips, boxes };
}

/** In the order given, then whatever is left, box by box. */
async function deliver(
  cloud: CloudInMemory,
  boxes: readonly JournalBox[],
  order: readonly Delivery[],
): Promise<void> {
  const sent = boxes.map(() => 0);
  const send = async (index: number, to: number, overlap: number) => {
    const box = boxes[index];
    const from = Math.max(1, (sent[index] ?? 0) + 1 - overlap);
    const end = Math.min(to, box?.seq ?? 0);
    if (!box || end < from) return;
    await cloud.receive(box.box, box.batch(from, end));
    sent[index] = Math.max(sent[index] ?? 0, end);
  };
  for (const { box, entries, overlap } of order) await send(box, (sent[box] ?? 0) + entries, overlap);
  for (const [index, box] of boxes.entries()) await send(index, box.seq, 0);
}

async function ingested(
  chips: readonly Chip[],
  boxes: readonly JournalBox[],
  order: readonly Delivery[],
): Promise<CloudInMemory> {
  const cloud = cloudOf(boxes);
  for (const chip of chips) await cloud.issue(chip);
  await deliver(cloud, boxes, order);
  await cloud.complete();
  return cloud;
}

/** What the cloud credited by itself, for taps that nobody saw the end of. */
const givenBack = (cloud: CloudInMemory, { wallet }: Chip): Promise<ListedCredit[]> =>
  cloud.read(async ({ credits }) =>
    (await credits.ofWallet(wallet)).filter(({ source }) => source === 'given-back'),
  );

const blocks = (cloud: CloudInMemory, { uid }: Chip): Promise<EntryOf<'blocked'>[]> =>
  cloud.read(({ journals }) => journals.blocks([uid]));

describe('honest chips', () => {
  test('every order, cut and repetition of the same journals ends in the same books, and in no case', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        deliveries,
        deliveries,
        async (steps, one, other) => {
          const { chips, boxes } = evening(steps);
          const first = await ingested(chips, boxes, one);
          const second = await ingested(chips, boxes, other);
          expect(await first.cases()).toEqual([]);
          expect(await second.cases()).toEqual([]);
          const sums = await first.balances();
          expect(await second.balances()).toEqual(sums);
          for (const chip of chips) {
            const references = async (cloud: CloudInMemory) =>
              (await givenBack(cloud, chip)).map(({ reference }) => reference).sort();
            expect(await references(second)).toEqual(await references(first));
          }
          expect(Object.values(sums).reduce((sum, amountMinor) => sum + amountMinor, 0)).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('what a wallet is owed is what lies on its chip, and what was given back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), deliveries, async (steps, order) => {
        const { chips, boxes } = evening(steps);
        // A last clean tap of each chip settles whatever was left open.
        for (const chip of chips) boxes[0]?.tap(chip, [load(1)]);
        const cloud = await ingested(chips, boxes, order);
        const sums = await cloud.balances();
        for (const chip of chips) {
          const given = await givenBack(cloud, chip);
          const givenMinor = given.reduce((sum, { mainMinor }) => sum + mainMinor, 0);
          const owedMinor = 0 - (sums[`wallet-main:${chip.wallet}`] ?? 0);
          expect(owedMinor).toBe(chip.current().image.balanceMinor + givenMinor);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a pruned state knows the same tips as the whole history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), deliveries, async (steps, order) => {
        const { chips, boxes } = evening(steps);
        const cloud = await ingested(chips, boxes, order);
        for (const { uid } of chips) {
          const { whole, pruned } = await cloud.read(async ({ journals, chips: states }) => ({
            whole: wholeGraph(await journals.about([uid])),
            pruned: (await states.read([uid], 'unlocked')).get(uid)?.graph,
          }));
          const open = (writes: typeof whole.writes) =>
            writes.filter(({ status }) => status === 'pending').map(({ after }) => after);
          expect(open(pruned?.writes ?? []).sort()).toEqual(open(whole.writes).sort());
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('dishonest chips', () => {
  const clean = fc.array(
    step.map(of => ({ ...of, fate: 'done' as const })),
    { minLength: 1, maxLength: 15 },
  );
  const tapAll = (boxes: readonly JournalBox[], chip: Chip, times: number, at: number) => {
    for (let i = 0; i < times; i++) boxes[(at + i) % BOXES]?.tap(chip, [load(100 + i)]);
  };

  test('a clone that is used beside its original always opens one case and blocks the wristband once', async () => {
    await fc.assert(
      fc.asyncProperty(
        clean,
        fc.array(step, { maxLength: 10 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(5),
        deliveries,
        async (before, torn, ownTaps, cloneTaps, at, order) => {
          const { chips, boxes } = evening([...before, ...torn]);
          const [victim] = chips;
          if (!victim) throw new Error('no chip');
          const clone = victim.copy();
          tapAll(boxes, victim, ownTaps, at);
          tapAll(boxes, clone, cloneTaps, at + 1);
          const cloud = await ingested(chips, boxes, order);
          const forks = (await cloud.cases()).filter(({ kind }) => kind === 'fork');
          expect(forks).toHaveLength(1);
          expect(await blocks(cloud, victim)).toHaveLength(1);
          expect(forks[0]?.lossBoundMinor).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a chip rolled back to any earlier state always opens a case', async () => {
    await fc.assert(
      fc.asyncProperty(
        clean,
        fc.integer({ min: 1, max: 6 }),
        fc.nat(5),
        deliveries,
        async (before, taps, at, order) => {
          const { chips, boxes } = evening(before);
          const [victim] = chips;
          if (!victim) throw new Error('no chip');
          const kept = victim.copy();
          tapAll(boxes, victim, taps, at);
          victim.slots = kept.slots;
          tapAll(boxes, victim, 1, at + 1);
          const cloud = await ingested(chips, boxes, order);
          expect((await cloud.cases()).filter(({ kind }) => kind === 'fork')).toHaveLength(1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('an image that nobody wrote becomes a case once all journals are in, and not before', async () => {
    const chip = new Chip(1);
    const box = new JournalBox(7, 1);
    const forged = new Chip(1, 50_000);
    forged.put(chip.root);
    forged.slots[0] = new Chip(1, 50_000).root;
    box.tap(forged, [buy(1, 500)]);
    const cloud = cloudOf([box]);
    await cloud.issue(chip);
    await cloud.receive(box.box, box.batch());
    expect(await cloud.cases()).toEqual([]);
    await cloud.complete();
    expect(await cloud.cases()).toMatchObject([
      { kind: 'forgery', uid: chip.uid, lossBoundMinor: 50_000, detail: { before: toHex(forged.root) } },
    ]);
    expect(await blocks(cloud, chip)).toHaveLength(1);
  });

  test('a credit that a box writes into its own journal is nobody’s money: only the cloud gives credits', async () => {
    const chip = new Chip(1);
    const box = new JournalBox(7, 1);
    const cloud = cloudOf([box]);
    await cloud.issue(chip);
    const { wallet, generation } = chip;
    const lines = postings([accounts.onlineClearing, 5000], [accounts.walletMain(wallet), -5000]);
    box.append({
      kind: 'credited',
      body: {
        ...{ wallet, generation, number: 1, mainMinor: 5000, bonusMinor: 0 },
        source: 'online',
        reference: 'pay-1',
        postings: lines,
      },
    });
    await cloud.receive(box.box, box.batch());
    expect(await cloud.balances()).toEqual({});
  });

  test('a settlement that names a tap by another id makes a case: a disk put back from a copy may have told of its own', async () => {
    const chip = new Chip(1, 5_000);
    const box = new JournalBox(7, 1);
    const cloud = cloudOf([box]);
    await cloud.issue(chip);
    const [sale, other] = [box.tap(chip, [buy(1, 300)]), box.tap(chip, [buy(1, 300)])];
    const entry = other && box.entries[other.seq - 1];
    if (!sale || entry?.kind !== 'tap') throw new Error('two sales');
    const { tap, uid } = entry.body;
    box.append({ kind: 'settlement', body: { of: sale, tap, uid, outcome: 'abandoned', evidence: 'none' } });
    await cloud.receive(box.box, box.batch());
    expect(await cloud.cases()).toMatchObject([{ kind: 'entry-inconsistent', subject: `1/1/${box.seq}` }]);
  });
});
