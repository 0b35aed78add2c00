/** Replaced wristbands: what may move to the next one, and when; anything else must fail, and be named. */
import type { BoxId, Epoch, Generation, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { expect, test } from 'vitest';
import {
  buy,
  exported,
  load,
  type RawItem,
  type SmallEvent,
  smallEvent,
  Wristband,
} from '../../test/small-event.ts';
import { change, expectNamed, find, findingsOf, one, text } from '../../test/tampering.ts';

/** What Ben's wristband holds at the end: 1,750 on the chip, and 500 that were given back and not loaded. */
const HELD_MINOR = 2_250;

interface Story {
  readonly event: SmallEvent;
  readonly items: () => RawItem[];
  readonly ben: Wristband;
  readonly next: Wristband;
  /** Moves this much of the old wristband; the second time as its second credit. */
  readonly move: (mainMinor: number, source?: 'released' | 'replacement') => TapRef;
}

/** Ben has a new wristband. */
function replaced(): Story {
  const { event, places, chips } = smallEvent();
  const [, ben] = chips;
  if (!ben) throw new Error('no Ben');
  const next = Object.assign(new Wristband(9), { wallet: ben.wallet, generation: 2 as Generation });
  event.issue(next);
  event.append(0, {
    kind: 'replaced',
    body: {
      wallet: ben.wallet,
      fromUid: ben.uid,
      toUid: next.uid,
      fromGeneration: ben.generation,
      toGeneration: next.generation,
    },
  });
  const { uid, wallet, generation } = ben;
  event.append(0, { kind: 'blocked', body: { uid, wallet, generation, reason: 'replaced' } });
  let number = 0;
  const move: Story['move'] = (mainMinor, source = 'released') => {
    number += 1;
    const reference = number === 1 ? `${wallet}/1` : `${wallet}/1/${number}`;
    event.credit(next, { number, mainMinor, bonusMinor: 0 }, source, reference, postings());
    return { box: 0 as BoxId, epoch: 1 as Epoch, seq: (event.journals[0]?.length ?? 0) as Seq };
  };
  return { event, items: () => exported(event, places), ben, next, move };
}

test('what is held back is open, whole when it has moved, and spent by the new wristband', async () => {
  const story = replaced();
  const waiting = await findingsOf(story.items());
  expect(waiting.holds).toBe(true);
  expect(waiting.tallies.replacements).toMatchObject({
    open: 1,
    opens: [expect.stringContaining(`${HELD_MINOR} and 0 bonus has not moved`)],
  });
  expectNamed(await findingsOf(story.items(), true), 'replacements', 'has not moved');
  story.move(HELD_MINOR);
  const moved = await findingsOf(story.items(), true);
  expect(moved.tallies.replacements).toMatchObject({ open: 0, failed: 0 });
  expect(moved.tallies.liabilities).toMatchObject({ looked: 3, open: 0, failed: 0 });
  expect(moved.holds).toBe(true);
});

test('it may move as several credits', async () => {
  const { items, move } = replaced();
  move(HELD_MINOR - 1);
  move(1);
  expect((await findingsOf(items(), true)).holds).toBe(true);
});

test.each<[string, number[]]>([
  ['more', [HELD_MINOR + 1]],
  ['less', [HELD_MINOR - 1]],
  ['twice', [HELD_MINOR, HELD_MINOR]],
])('%s than the old wristband held is found', async (_, amounts) => {
  const { items, move } = replaced();
  for (const amountMinor of amounts) move(amountMinor);
  expectNamed(await findingsOf(items()), 'replacements', `it held ${HELD_MINOR}`);
});

test.each(['released', 'replacement'] as const)(
  'what is %s while a box has not obeyed the block is found',
  async source => {
    const { event, items, move } = replaced();
    event.append(2, { kind: 'cloud-cursor', body: cursorAt(0) });
    event.behind.add(2);
    const ref = move(HELD_MINOR, source);
    expectNamed(await findingsOf(items()), 'replacements', `${text(ref)}: box 2 is not known to obey`);
  },
);

test('a box that was revoked before is not waited for; one that is revoked after was to be', async () => {
  const story = replaced();
  story.event.behind.add(2);
  const revoke = () =>
    story.event.append(0, {
      kind: 'box-revoked',
      body: { box: 2 as BoxId, epoch: 1 as Epoch, seq: 9 as Seq },
    });
  revoke();
  story.move(HELD_MINOR);
  expect((await findingsOf(story.items())).tallies.replacements.failed).toBe(0);

  const late = replaced();
  late.event.behind.add(2);
  late.move(HELD_MINOR);
  late.event.append(0, { kind: 'box-revoked', body: { box: 2 as BoxId, epoch: 1 as Epoch, seq: 9 as Seq } });
  expectNamed(await findingsOf(late.items()), 'replacements', 'box 2 is not known to obey');
});

test('a box that has sent nothing is an open end', async () => {
  const { items, move } = replaced();
  const ref = move(HELD_MINOR);
  const all = items();
  const last = all.findIndex(([type, box]) => type === 'key' && box === 2);
  all.splice(last + 1, 0, ['key', 3, new Uint8Array(32).fill(7), 'enrolled']);
  const findings = await findingsOf(all);
  expect(findings.tallies.replacements.failed).toBe(0);
  expect(findings.tallies.replacements.opens.join()).toContain(`${text(ref)}: box 3`);
});

test('a block that is older than the replacement counts from there', async () => {
  const { event, items, ben, move } = replaced();
  const { uid, wallet, generation } = ben;
  // Reported lost first: the second entry of the cloud's journal, which box 2 obeys and nothing behind it.
  event.journals[0]?.splice(1, 0, { kind: 'blocked', body: { uid, wallet, generation, reason: 'lost' } });
  move(HELD_MINOR, 'replacement');
  event.behind.add(2);
  const early = event.tap(2, new Wristband(77), [load(100)]);
  change(event, early, 'tap', { cloudSeq: 2 as Seq });
  expect((await findingsOf(items())).tallies.replacements.failed).toBe(0);
  change(event, early, 'tap', { cloudSeq: 1 as Seq });
  expectNamed(await findingsOf(items()), 'replacements', 'box 2 is not known to obey the block at 2');
});

test('a credit that says it moved from a wristband that is in use is found', async () => {
  const { event, items, next, move } = replaced();
  const ref = move(HELD_MINOR);
  change(event, ref, 'credited', { reference: `${next.wallet}/2` });
  expectNamed(await findingsOf(items()), 'replacements', text(ref));
});

test('used after its balance has moved, it must have a case with the amount', async () => {
  const { event, items, ben, move } = replaced();
  move(HELD_MINOR);
  event.tap(2, ben, [buy(1, 100)]);
  expectNamed(await findingsOf(items()), 'replacements', `it held ${HELD_MINOR - 300}`);
  const detail = { wallet: ben.wallet, generation: 1, mainMinor: 300, bonusMinor: 0 };
  const filed = ['case', 2, 'replaced-chip-moved', ben.uid, [], JSON.stringify(detail), 300, 1_000, 'open'];
  event.cases.push(filed);
  const findings = await findingsOf(items());
  expect(findings.tallies.replacements).toMatchObject({ failed: 0, excused: 1 });
  expect(findings.holds).toBe(true);
  filed[5] = JSON.stringify({ ...detail, mainMinor: 200 });
  expectNamed(await findingsOf(items()), 'replacements', `it held ${HELD_MINOR - 300}`);
});

test('a case about a wristband that was never replaced has no cause', async () => {
  const { event, items, next } = replaced();
  const detail = JSON.stringify({ wallet: next.wallet, generation: 2, mainMinor: 1, bonusMinor: 0 });
  event.cases.push(['case', 2, 'replaced-chip-moved', next.uid, [], detail, 1, 1_000, 'open']);
  expectNamed(await findingsOf(items()), 'cases', 'nothing in the journals is the cause');
});

test('the cloud may close taps of replaced wristbands only, and only when no box may see them any more', async () => {
  const close = (story: Story, chip: Wristband, rule = buy(1, 10)): RawItem[] => {
    const open = story.event.tap(1, chip, [rule], { isDone: false, isKept: true });
    story.event.settle(0, open, 'dropped', 'close');
    const items = story.items().filter(([type]) => type !== 'balance');
    const [torn, lost] = [find(story.event, 0, 'settlement', 0), find(story.event, 0, 'settlement', 1)].map(
      ref => story.event.journals[0]?.[ref.seq - 1],
    );
    const refOf = (draft: typeof torn) => (draft?.kind === 'settlement' ? text(draft.body.of) : '');
    const isDropped = new Set([refOf(lost), text(open)]);
    const balances = story.event.balances(
      ref => (isDropped.has(ref) ? 'dropped' : 'posted'),
      new Set([refOf(torn), refOf(lost)]),
    );
    items.splice(items.indexOf(one(items, 'case')), 0, ...balances.map(of => ['balance', ...of]));
    return items;
  };
  const story = replaced();
  story.move(HELD_MINOR);
  expect((await findingsOf(close(story, story.ben), true)).holds).toBe(true);

  const behind = replaced();
  behind.event.behind.add(2);
  expectNamed(await findingsOf(close(behind, behind.ben)), 'replacements', 'box 2 is not known to obey');

  const inUse = replaced();
  expectNamed(await findingsOf(close(inUse, inUse.next, load(10))), 'replacements', 'which is in use');
});

const cursorAt = (seq: number) => ({ seq: seq as Seq, hash: new Uint8Array(32) });
