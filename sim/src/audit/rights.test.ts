/** The right to reverse a sale, moved from box to box; anything out of turn must fail, and be named. */
import type { BoxId, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import { saleTerms } from '@pulsera/firmware-protocol/purse/reversal-right';
import { reversal } from '@pulsera/firmware-protocol/purse/rules';
import { expect, test } from 'vitest';
import { buy, exported, load, type RawItem, type SmallEvent, smallEvent } from '../../test/small-event.ts';
import { change, expectNamed, findingsOf } from '../../test/tampering.ts';

interface Story {
  readonly event: SmallEvent;
  readonly items: () => RawItem[];
  readonly sale: TapRef;
  readonly withdraw: () => TapRef;
  readonly grant: (to: number, given?: { mainMinor?: number }) => TapRef;
  /** @param obeyed how much of the cloud's journal that box holds by then */
  readonly reverse: (box: number, obeyed?: number) => TapRef;
  readonly file: (kind: string, refs: readonly TapRef[], lossMinor: number | null) => void;
}

/** Anna bought one more round, at box 1. */
function sold(): Story {
  const { event, places, chips } = smallEvent();
  const [anna] = chips;
  if (!anna) throw new Error('no Anna');
  event.tap(1, anna, [load(2_000)]);
  const sale = event.tap(1, anna, [buy(1, 400)]);
  const { tap } = event.tapAt(sale);
  const terms = saleTerms(event.tapAt(sale));
  if (!terms) throw new Error('no sale');
  const { mainMinor, bonusMinor, undone } = terms;
  return {
    event,
    sale,
    items: () => exported(event, places),
    withdraw: () => event.append(0, { kind: 'reversal-withdrawn', body: { of: sale, tap } }),
    grant: (to, given = {}) =>
      event.append(0, {
        kind: 'reversal-granted',
        body: { of: sale, tap, to: to as BoxId, ...terms, ...given },
      }),
    reverse: (box, obeyed = 0) => {
      const rule = reversal({ of: sale, ofTap: tap, mainMinor, bonusMinor });
      const ref = event.tap(box, anna, [rule], { undone });
      change(event, ref, 'tap', { cloudSeq: obeyed as Seq });
      return ref;
    },
    file: (kind, refs, lossMinor) => {
      const named = refs.map(({ box, epoch, seq }) => [box, epoch, seq]);
      event.cases.push([
        'case',
        event.cases.length + 1,
        kind,
        anna.uid,
        named,
        '{}',
        lossMinor,
        1_000,
        'open',
      ]);
    },
  };
}

test('withdrawn, granted and used at the other box, once: all is in order', async () => {
  const { items, withdraw, grant, reverse } = sold();
  withdraw();
  reverse(2, grant(2).seq);
  const findings = await findingsOf(items());
  expect(findings.tallies.rights).toMatchObject({ looked: 5, failed: 0 });
  expect(findings.holds).toBe(true);
});

test('a box that had not obeyed the withdrawal yet was in its right', async () => {
  const { items, withdraw, reverse } = sold();
  reverse(1, withdraw().seq - 1);
  expect((await findingsOf(items())).holds).toBe(true);
});

test.each<[string, (story: Story) => TapRef]>([
  ['by a box that was never given the right', ({ reverse }) => reverse(2)],
  [
    'by a box that did not know of its grant',
    ({ withdraw, grant, reverse }) => {
      const { seq } = withdraw();
      grant(2);
      return reverse(2, seq);
    },
  ],
  [
    'by the box that sold, after it obeyed the withdrawal',
    ({ withdraw, reverse }) => reverse(1, withdraw().seq),
  ],
])('a reversal %s needs its case', async (_, act) => {
  const story = sold();
  const ref = act(story);
  expectNamed(await findingsOf(story.items()), 'cases', 'it reverses a sale whose right was with');
  story.file('entry-inconsistent', [ref], null);
  expect((await findingsOf(story.items())).holds).toBe(true);
});

test('a sale that was reversed twice needs its case, with the places and the loss', async () => {
  const { items, sale, withdraw, grant, reverse, file, event } = sold();
  const first = reverse(1);
  withdraw();
  const second = reverse(2, grant(2).seq);
  const bare = await findingsOf(items());
  expectNamed(bare, 'reversals', 'did the same');
  expectNamed(bare, 'cases', 'was reversed 2 times, and there is no case');
  file('reversed-twice', [sale, first, second], 599);
  expectNamed(await findingsOf(items()), 'cases', 'it should say that 600 were lost');
  event.cases.pop();
  file('reversed-twice', [sale, first, second], 600);
  expect((await findingsOf(items())).holds).toBe(true);
});

test.each<[string, (story: Story) => unknown, string]>([
  ['given on before it was withdrawn', ({ grant }) => grant(2), 'is with box 1'],
  [
    'withdrawn twice',
    ({ withdraw }) => {
      withdraw();
      withdraw();
    },
    'is with nobody already',
  ],
  [
    'given with other amounts',
    ({ withdraw, grant }) => {
      withdraw();
      grant(2, { mainMinor: 599 });
    },
    'other terms',
  ],
])('a right that is %s is named', async (_, act, named) => {
  const story = sold();
  act(story);
  expectNamed(await findingsOf(story.items()), 'rights', named);
});
