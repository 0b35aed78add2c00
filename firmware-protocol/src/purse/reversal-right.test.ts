import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BoxId, ChipUid, Epoch, Seq, StandId, TapId, TapRef, TillId, WalletId } from '../ids.ts';
import { accounts } from '../money/account.ts';
import { books } from './books.ts';
import {
  bornRight,
  mayReverse,
  moveRight,
  type ReversalRight,
  type RightEntry,
  type RightFacts,
  type RightMove,
  rightAfter,
  saleTerms,
} from './reversal-right.ts';

const SALE: TapRef = { box: 1 as BoxId, epoch: 1 as Epoch, seq: 7 as Seq };
const TAP = '00000000-0000-4000-8000-000000000001' as TapId;
const [A, B, C] = [1, 2, 3] as [BoxId, BoxId, BoxId];
const ALL = [A, B, C];

type Told = RightEntry & { readonly seq: Seq };

/** What stands in a box's journal, of what matters here. */
type OwnEntry =
  | { readonly kind: 'cursor'; readonly cloudSeq: Seq }
  | { readonly kind: 'reversal'; readonly id: number }
  | { readonly kind: 'settled'; readonly id: number; readonly outcome: 'posted' | 'dropped' };

/** Nothing is kept but journals: what a box or the cloud knows is worked out from them each time, as after a restart. */
class Site {
  readonly cloud: Told[] = [];
  readonly journals = new Map<BoxId, OwnEntry[]>(ALL.map(box => [box, []]));
  readonly sent = new Map<BoxId, number>(ALL.map(box => [box, 0]));
  readonly cutOff = new Set<BoxId>();
  /** Whom the cloud takes for cut off: it may be wrong in both directions for a while. */
  readonly believedCutOff = new Set<BoxId>();
  #ids = 0;

  journal(box: BoxId): OwnEntry[] {
    return this.journals.get(box) ?? [];
  }

  right(upTo: number): ReversalRight {
    return this.cloud.filter(({ seq }) => seq <= upTo).reduce(rightAfter, bornRight(SALE));
  }

  cursor(entries: readonly OwnEntry[]): Seq {
    const cursors = entries.flatMap(entry => (entry.kind === 'cursor' ? [entry.cloudSeq] : []));
    return Math.max(0, ...cursors) as Seq;
  }

  live(entries: readonly OwnEntry[], outcome?: 'posted'): number[] {
    const settled = (id: number) =>
      entries.find(entry => entry.kind === 'settled' && entry.id === id) as { outcome: string } | undefined;
    return entries.flatMap(entry => {
      if (entry.kind !== 'reversal') return [];
      const is = settled(entry.id)?.outcome ?? 'pending';
      return is !== 'dropped' && (outcome === undefined || is === outcome) ? [entry.id] : [];
    });
  }

  held(box: BoxId): OwnEntry[] {
    return this.journal(box).slice(0, this.sent.get(box));
  }

  facts(): RightFacts {
    const right = this.right(this.cloud.length);
    const held = ALL.flatMap(box => this.held(box));
    const isPosted = this.live(held, 'posted').length > 0;
    return {
      right,
      isSold: true,
      reversal: isPosted ? 'posted' : this.live(held).length > 0 ? 'pending' : 'none',
      last: {
        cloudSeq: this.cursor(this.held(right.last)),
        cutOffSinceMs: this.believedCutOff.has(right.last) ? 1 : null,
        isRevoked: false,
      },
    };
  }

  write(entry: RightEntry): void {
    this.cloud.push({ ...entry, seq: (this.cloud.length + 1) as Seq } as Told);
  }

  ask(box: BoxId): RightMove | undefined {
    // A box that has one under way doesn't ask: it declines by its own journal.
    if (this.cutOff.has(box) || this.live(this.journal(box)).length > 0) return undefined;
    const move = moveRight(box, this.facts());
    if (move.kind === 'withdraw') {
      this.write({ kind: 'reversal-withdrawn', body: { of: SALE, tap: TAP } });
      return this.ask(box);
    }
    if (move.kind === 'grant') {
      const terms = { uid: '04000000000001' as ChipUid, mainMinor: 5, bonusMinor: 0, undone: [] };
      this.write({ kind: 'reversal-granted', body: { of: SALE, tap: TAP, to: box, ...terms } });
    }
    return move;
  }

  pull(box: BoxId, entries = Number.POSITIVE_INFINITY): void {
    const has = this.cursor(this.journal(box));
    const cloudSeq = Math.min(this.cloud.length, has + entries) as Seq;
    if (!this.cutOff.has(box) && cloudSeq > has) this.journal(box).push({ kind: 'cursor', cloudSeq });
  }

  push(box: BoxId, entries = Number.POSITIVE_INFINITY): void {
    if (this.cutOff.has(box)) return;
    this.sent.set(box, Math.min(this.journal(box).length, (this.sent.get(box) ?? 0) + entries));
  }

  reverse(box: BoxId): void {
    const own = this.journal(box);
    if (this.live(own).length > 0 || !mayReverse(box, this.right(this.cursor(own)))) return;
    this.#ids += 1;
    own.push({ kind: 'reversal', id: this.#ids });
  }

  settle(box: BoxId, outcome: 'posted' | 'dropped'): void {
    const own = this.journal(box);
    const id = this.live(own).find(live => !own.some(entry => entry.kind === 'settled' && entry.id === live));
    if (id !== undefined) own.push({ kind: 'settled', id, outcome });
  }

  /** Of all boxes, sent or not. */
  reversals(): number {
    return ALL.reduce((sum, box) => sum + this.live(this.journal(box)).length, 0);
  }
}

const box = fc.constantFrom(...ALL);
const few = fc.integer({ min: 1, max: 3 });
type Step = (site: Site) => void;
const step = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  {
    weight: 3,
    arbitrary: box.map(
      (who): Step =>
        site =>
          void site.ask(who),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(box, few).map(
      ([who, n]): Step =>
        site =>
          site.pull(who, n),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(box, few).map(
      ([who, n]): Step =>
        site =>
          site.push(who, n),
    ),
  },
  {
    weight: 2,
    arbitrary: box.map(
      (who): Step =>
        site =>
          site.reverse(who),
    ),
  },
  box.map(
    (who): Step =>
      site =>
        site.settle(who, 'posted'),
  ),
  {
    weight: 2,
    arbitrary: box.map(
      (who): Step =>
        site =>
          site.settle(who, 'dropped'),
    ),
  },
  box.map(
    (who): Step =>
      site =>
        void site.cutOff.add(who),
  ),
  box.map(
    (who): Step =>
      site =>
        void site.cutOff.delete(who),
  ),
  box.map(
    (who): Step =>
      site =>
        void site.believedCutOff.add(who),
  ),
  box.map(
    (who): Step =>
      site =>
        void site.believedCutOff.delete(who),
  ),
);
const evening = fc.array(step, { maxLength: 80, size: 'max' });

describe('however boxes ask, obey, send, tear, and are cut off', () => {
  test('a sale is never reversed twice', () => {
    fc.assert(
      fc.property(evening, steps => {
        const site = new Site();
        for (const take of steps) {
          take(site);
          expect(site.reversals()).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('once everybody is connected and nothing is pending, whoever asks gets the right, or it was reversed', () => {
    fc.assert(
      fc.property(evening, box, (steps, asker) => {
        const site = new Site();
        for (const take of steps) take(site);
        site.cutOff.clear();
        site.believedCutOff.clear();
        const meet = () => {
          for (const who of ALL) {
            site.settle(who, 'dropped');
            site.pull(who);
            site.push(who);
          }
        };
        meet();
        site.ask(asker);
        meet();
        site.ask(asker);
        meet();
        if (site.reversals() === 0) {
          site.reverse(asker);
          expect(site.reversals()).toBe(1);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

const told = (
  right: Partial<ReversalRight>,
  change: Partial<Omit<RightFacts, 'right'>> = {},
): RightFacts => ({
  right: { ...bornRight(SALE), ...right },
  isSold: true,
  reversal: 'none',
  last: { cloudSeq: 0 as Seq, cutOffSinceMs: null, isRevoked: false },
  ...change,
});
const at = (seq: number) => seq as Seq;
const cutOff = { cloudSeq: at(0), cutOffSinceMs: 5, isRevoked: false };

describe('who asks the cloud for the right', () => {
  test.each<[string, BoxId, RightFacts, RightMove]>([
    ['gets it taken from the box that sold', B, told({}), { kind: 'withdraw' }],
    [
      'waits until that box has shown that it knows',
      B,
      told({ holder: null, seq: at(4) }, { last: { ...cutOff, cutOffSinceMs: null, cloudSeq: at(3) } }),
      { kind: 'wait' },
    ],
    [
      'gets it then, also when that box has been cut off since',
      B,
      told({ holder: null, seq: at(4) }, { last: { ...cutOff, cloudSeq: at(4) } }),
      { kind: 'grant' },
    ],
    [
      'is told that the box is cut off, and leaves it the right',
      B,
      told({}, { last: cutOff }),
      {
        kind: 'refused',
        reason: 'cut-off',
      },
    ],
    [
      'is told so too when that box went away without having shown it',
      B,
      told({ holder: null, seq: at(4) }, { last: cutOff }),
      { kind: 'refused', reason: 'cut-off' },
    ],
    [
      'gets back at once what was taken from itself',
      A,
      told({ holder: null, seq: at(4) }, { last: cutOff }),
      { kind: 'grant' },
    ],
    ['is told its own sale when it lost it', A, told({}), { kind: 'grant' }],
    ['is told that it has it', B, told({ holder: B, last: B, seq: at(5) }), { kind: 'granted' }],
    [
      'has not to wait for a box that was revoked',
      B,
      told({ holder: null, seq: at(4) }, { last: { ...cutOff, isRevoked: true } }),
      { kind: 'grant' },
    ],
    [
      'of what nobody sold is told so',
      B,
      told({}, { isSold: false }),
      { kind: 'refused', reason: 'unknown' },
    ],
    [
      'of what was reversed is told so',
      A,
      told({}, { reversal: 'posted' }),
      { kind: 'refused', reason: 'done' },
    ],
    [
      'of what is being reversed is told so',
      B,
      told({ holder: B, last: B, seq: at(5) }, { reversal: 'pending' }),
      { kind: 'refused', reason: 'under-way' },
    ],
  ])('%s', (_, asker, facts, move) => {
    expect(moveRight(asker, facts)).toEqual(move);
  });
});

test('a sale’s terms are those of the sale alone, whatever else its chip write did', () => {
  const wallet = '0123456789abcdef' as WalletId;
  const till = 'bar-1' as TillId;
  const sale = {
    kind: 'purchase' as const,
    stand: 'bar' as StandId,
    lines: [
      {
        product: 'beer' as never,
        quantity: 1,
        unitMinor: 600,
        listMinor: null,
        taxRateBp: 2000,
        depositMinor: 0,
      },
    ],
    totalMinor: 600,
    bonusMinor: 50,
    approvedBy: null,
  };
  const load = { kind: 'credit-load' as const, from: 0, to: 1, mainMinor: 900, bonusMinor: 0 };
  const tap = { wallet, till, uid: '04000000000001' as ChipUid } as Parameters<typeof saleTerms>[0];
  expect(saleTerms({ ...tap, effects: [load] })).toBeUndefined();
  expect(saleTerms({ ...tap, effects: [load, sale] })).toEqual({
    uid: tap.uid,
    mainMinor: 550,
    bonusMinor: 50,
    undone: books([sale], wallet, till).posted,
  });
  expect(books([sale], wallet, till).posted).toContainEqual({
    account: accounts.walletMain(wallet),
    amountMinor: 550,
  });
});
