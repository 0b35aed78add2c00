/** For each check a lie that only it is sure to find, planted in an evening where everything else is right. */
import { describe, expect, test } from 'vitest';
import { entry, image } from '../../../test/rehearsal/paper.ts';
import { type Guest, type Lie, Story } from '../../../test/rehearsal/story.ts';
import type { Finding } from './finding.ts';
import { describe as described } from './report.ts';
import type { CloudRows, Seen } from './seen.ts';

const namesOf = (findings: readonly Finding[]) => new Set(findings.map(({ check }) => check));

/** Two guests, both boxes, money in and out, taps torn each way, a power cut. */
function evening(lie?: Lie, more: (story: Story, ann: Guest) => void = () => {}): Story {
  const story = new Story(lie);
  const [ann, bob] = [story.arrive(), story.arrive()];
  story.topUp(ann, 5000);
  story.topUp(bob, 3000, 2);
  story.charge(ann, 600);
  story.charge(ann, 500, 2, 'torn-posted');
  story.charge(bob, 700, 2, 'torn-dropped');
  story.charge(bob, 400, 1);
  story.crash(1);
  story.topUp(ann, 1000, 1, 'torn-dropped');
  story.payOnline(bob, 2000);
  story.decline(bob, 100_000, 'insufficient-balance');
  story.cashOut(ann, 900, 2);
  more(story, ann);
  return story;
}

const inRows =
  (change: (rows: CloudRows) => CloudRows): Lie =>
  seen =>
    seen.kind === 'cloud' ? [{ ...seen, rows: change(seen.rows) }] : [seen];

const dropCloudEntry = (rows: CloudRows, box: number, i: number): CloudRows => ({
  ...rows,
  journals: rows.journals.map(journal => {
    if (journal.box !== box) return journal;
    const contents = journal.contents.toSpliced(i, 1);
    return { ...journal, contents, checkpointSeq: journal.checkpointSeq === null ? null : contents.length };
  }),
});

/** Changes the nth observation that fits. */
function nth(n: number, fits: (seen: Seen) => boolean, change: (seen: Seen) => readonly Seen[]): Lie {
  let at = 0;
  return seen => (fits(seen) && ++at === n ? change(seen) : [seen]);
}

/** Nobody's wristband. */
const OTHER = '04ffffffffffff';
const isGreen = (seen: Seen) => seen.kind === 'showed' && JSON.stringify(seen.message).includes('approved');
const withMessage = (seen: Seen, change: Record<string, unknown>): Seen =>
  seen.kind === 'showed' ? { ...seen, message: { ...(seen.message as object), ...change } } : seen;

test('an evening where everything is right has no findings', () => {
  expect(evening().end()).toEqual([]);
});

test('a copy that is found, with a bound that holds, is nothing that went wrong', () => {
  const story = evening(undefined, (told, ann) => forkOf(told, ann, 700));
  expect(story.end()).toEqual([]);
});

/** The copy spends 700, the wristband 800. */
function forkOf(story: Story, ann: Guest, boundMinor: number | null): void {
  const copy = story.copy(ann);
  const first = story.charge(ann, 800, 1);
  const second = story.charge(ann, 700, 2, 'green', copy);
  if (boundMinor !== null) {
    const refs = [first.ref, second.ref];
    story.cases.push({ kind: 'fork', uid: ann.uid, refs, lossBoundMinor: boundMinor });
  }
}

/** With stolen keys: a wristband that claims to hold 9,000 and pays 8,000. */
function forgeryOf(story: Story, ann: Guest, boundMinor: number | null, isTold = true): void {
  const { uid } = ann;
  if (isTold) story.say({ kind: 'attacked', uid, thing: uid, how: 'forged' });
  const { ref } = story.charge(ann, 8_000, 1, 'green', { name: uid, at: image(70, 9_000, 0, 0, 9) });
  if (boundMinor !== null)
    story.cases.push({ kind: 'forgery', uid, refs: [ref], lossBoundMinor: boundMinor });
}

test('nor is a forgery with a case that says enough', () => {
  const story = evening(undefined, (told, ann) => forgeryOf(told, ann, 9_000));
  expect(story.end()).toEqual([]);
});

describe('a lie is found', () => {
  const lies: readonly (readonly [what: string, check: string, story: () => Story])[] = [
    [
      'green, and nothing on disk',
      'green-kept',
      () =>
        evening(
          nth(
            5,
            ({ kind }) => kind === 'stored',
            () => [],
          ),
        ),
    ],
    [
      'green, and paid with a wristband that nobody held out',
      'green-kept',
      () => evening(seen => (seen.kind === 'presented' ? [{ ...seen, uid: OTHER, thing: OTHER }] : [seen])),
    ],
    [
      'a journal that ends earlier after a power cut',
      'green-kept',
      () => evening(seen => (seen.kind === 'started' ? [{ ...seen, lastSeq: seen.lastSeq - 1 }] : [seen])),
    ],
    [
      'green, and lost on the way to the cloud',
      'green-kept',
      () => evening(inRows(rows => dropCloudEntry(rows, 2, 0))),
    ],
    [
      'two greens that differ for one tap',
      'charged-once',
      () => evening(nth(3, isGreen, seen => [seen, withMessage(seen, { amountMinor: 601 })])),
    ],
    ['one tap posted twice', 'charged-once', () => evening(...chargedTwice())],
    [
      'another price than on the board',
      'screens-true',
      () => evening(nth(3, isGreen, seen => [withMessage(seen, { amountMinor: 650 })])),
    ],
    [
      'another balance than is left',
      'screens-true',
      () => evening(nth(3, isGreen, seen => [withMessage(seen, { balanceMinor: 4300 })])),
    ],
    [
      'declined for too little, with enough on it',
      'declines-true',
      () => evening(undefined, (story, ann) => story.decline(ann, 100, 'insufficient-balance')),
    ],
    ...['chip-forged', 'image-forked', 'image-stale', 'chip-blocked'].map(
      reason =>
        [
          `an honest guest told ${reason}`,
          'declines-true',
          () => evening(undefined, (story, ann) => story.decline(ann, 100, reason)),
        ] as const,
    ),
    [
      'a torn charge that is not given back',
      'given-back',
      () => evening(inRows(rows => dropCredit(rows, 'tap:2/1/3'))),
    ],
    [
      'cash that was kept and not given back',
      'given-back',
      () => evening(inRows(rows => dropCredit(rows, 'tap:1/1/7'))),
    ],
    [
      'a tap that nobody knows about at the end',
      'pending-settled',
      () => evening(inRows(rows => dropSettlement(rows))),
    ],
    [
      'an entry in the cloud that its box never wrote',
      'cloud-once',
      () =>
        evening(
          inRows(rows => ({
            ...rows,
            journals: rows.journals.map(journal =>
              journal.box === 1
                ? { ...journal, contents: [...journal.contents, ...journal.contents.slice(-1)] }
                : journal,
            ),
          })),
        ),
    ],
    [
      'a journal that is not acknowledged to its end',
      'cloud-once',
      () =>
        evening(
          inRows(rows => ({
            ...rows,
            journals: rows.journals.map(journal => ({ ...journal, checkpointSeq: 1 })),
          })),
        ),
    ],
    [
      'a stolen till that is told what another one sold',
      'others-untold',
      () =>
        evening(
          nth(3, isGreen, seen =>
            seen.kind === 'showed' ? [seen, { ...seen, kind: 'overheard', till: 'till-of-nobody' }] : [seen],
          ),
        ),
    ],
    [
      'a forged batch that was taken',
      'replays-refused',
      () =>
        evening(undefined, story =>
          story.say({ kind: 'replayed', session: 1, how: 'changed-entry', answer: null }),
        ),
    ],
    [
      'a journal that was set aside, of a box that signed no other',
      'replays-refused',
      () => evening(inRows(rows => ({ ...rows, quarantined: [{ box: 1, epoch: 1 }] }))),
    ],
    [
      'a case against an honest guest',
      'no-honest-fork',
      () =>
        evening(undefined, (story, { uid }) => {
          story.cases.push({ kind: 'fork', uid, refs: [], lossBoundMinor: 0 });
        }),
    ],
    [
      'a journal of an honest box that was set aside',
      'no-honest-fork',
      () => evening(inRows(rows => ({ ...rows, quarantined: [{ box: 1, epoch: 1 }] }))),
    ],
    [
      'a fork that nobody did anything for',
      'no-honest-fork',
      () =>
        evening(
          seen => (seen.kind === 'attacked' ? [] : [seen]),
          (story, ann) => forkOf(story, ann, 700),
        ),
    ],
    [
      'a fork without a case',
      'forks-found',
      () => evening(undefined, (story, ann) => forkOf(story, ann, null)),
    ],
    [
      'a bound that is too low',
      'loss-bound',
      () => evening(undefined, (story, ann) => forkOf(story, ann, 699)),
    ],
    [
      'a forgery without a case',
      'forgeries-found',
      () => evening(undefined, (story, ann) => forgeryOf(story, ann, null)),
    ],
    [
      'an image that nobody wrote and nobody forged',
      'forgeries-found',
      () => evening(undefined, (story, ann) => forgeryOf(story, ann, 9_000, false)),
    ],
    [
      'a forgery that cost more than its case says',
      'loss-bound',
      () => evening(undefined, (story, ann) => forgeryOf(story, ann, 3_000)),
    ],
    [
      'what a till that lies took, and no book says',
      'lies-traced',
      () =>
        evening(
          inRows(rows => dropCloudEntry(dropCloudEntry(rows, 1, -1), 1, -1)),
          (story, ann) => {
            story.say({ kind: 'crooked', box: null, till: 'till-1' });
            story.charge(ann, 100);
          },
        ),
    ],
    [
      'books that owe a guest less',
      'conservation',
      () =>
        evening(
          inRows(rows => ({
            ...rows,
            balances: shifted(rows, 'wallet-main:0000000000000002', 'unattributed'),
          })),
        ),
    ],
    [
      'a drawer that was counted short, and booked as right',
      'conservation',
      () =>
        evening(undefined, story =>
          story.say({ kind: 'counted', till: 'till-1', countedMinor: 90, heldMinor: 100 }),
        ),
    ],
    [
      'sales that nobody paid',
      'conservation',
      () => evening(inRows(rows => ({ ...rows, balances: shifted(rows, 'revenue:bar', 'cash:till-1') }))),
    ],
    [
      'a wristband that holds something else than the journals say',
      'conservation',
      () =>
        evening(seen =>
          seen.kind === 'chip' ? [{ ...seen, slots: ['ff'.repeat(20), '00'.repeat(20)] }] : [seen],
        ),
    ],
    ['postings that do not sum to zero', 'entries-balance', () => evening(...unbalanced())],
    [
      'accounts that do not sum to zero',
      'accounts-balance',
      () => evening(inRows(rows => ({ ...rows, balances: { ...rows.balances, breakage: 1 } }))),
    ],
    [
      'a projection that is not what the journal comes to',
      'projections-equal',
      () => evening(seen => (seen.kind === 'projection' ? [{ ...seen, live: { 'till-1': 6 } }] : [seen])),
    ],
  ];

  test.each(lies)('%s: %s', (_what, check, tell) => {
    const found = tell().end();
    expect(namesOf(found)).toContain(check);
  });
});

test('a finding is told with its tap, its screens and its entries', () => {
  const story = evening(nth(3, isGreen, seen => [withMessage(seen, { balanceMinor: 4300 })]));
  const [first] = story.end();
  const text = first ? described(first, story.auditor.notebook) : '';
  expect(text).toContain('guest guest-1, wristband 04000000000001, tap ');
  expect(text).toContain('till-1 at box 1: charge of 600');
  expect(text).toContain('screen: {"tapId"');
});

function dropCredit(rows: CloudRows, reference: string): CloudRows {
  const own = rows.journals.find(({ box }) => box === 0)?.contents ?? [];
  const i = own.findIndex(content => Buffer.from(content).includes(reference));
  if (i < 0) throw new RangeError(`no credit for ${reference}`);
  return dropCloudEntry(rows, 0, i);
}

/** The cloud's settlement of the torn charge that was dropped, and the posted tap that drops it: what is left says nothing. */
function dropSettlement(rows: CloudRows): CloudRows {
  const kept = rows.journals.map(journal =>
    journal.box === 0
      ? journal
      : { ...journal, contents: journal.contents.filter((_, i) => i % 2 === 0), checkpointSeq: null },
  );
  return { ...rows, journals: kept };
}

/** The first charge once more, at the other box. */
function chargedTwice(): [Lie, (story: Story, ann: Guest) => void] {
  let again: Seen | undefined;
  const lie: Lie = seen => {
    if (seen.kind !== 'stored' || seen.box !== 1 || seen.fromSeq < 3 || seen.fromSeq > 4) return [seen];
    again = seen;
    return [seen];
  };
  return [
    seen => {
      lie(seen);
      if (seen.kind !== 'cloud' || !again) return [seen];
      const [charge, settled] = paperCharge();
      const journals = seen.rows.journals.map(journal =>
        journal.box === 2 ? { ...journal, contents: [...journal.contents, charge, settled] } : journal,
      );
      return [{ ...seen, rows: { ...seen.rows, journals } }];
    },
    () => {},
  ];
}

/** The same tap id as the third tap of the evening, of another image. */
function paperCharge(): readonly [Uint8Array, Uint8Array] {
  const at = (counter: string) => `${counter}${'0'.repeat(36)}`;
  const tap = {
    tapId: '00000000-0000-4000-8000-000000000003',
    till: 'till-2',
    uid: '04000000000001',
    wallet: '0000000000000001',
    generation: 1,
    before: at('0020'),
    after: at('0021'),
    effects: [],
    held: [],
    posted: [],
  };
  return [entry.tap(BEHIND, tap), entry.settlement(BEHIND + 1, [2, 1, BEHIND], tap, 0)];
}
/** Where the second box's journal goes on when the evening is over. */
const BEHIND = 10;

/** A drawer that pays more than it owes. */
function unbalanced(): [Lie, (story: Story) => void] {
  const contents = [entry.drawerPaid(50, [1, 1, 3], '00000000-0000-4000-8000-000000000003', 'till-1', 5)];
  const spoilt = contents.map(content => {
    const copy = Uint8Array.from(content);
    const last = copy.length - 1;
    copy[last] = (copy[last] ?? 0) + 1;
    return copy;
  });
  return [
    seen => [seen],
    story => story.say({ kind: 'stored', box: 1, epoch: 9, fromSeq: 50, contents: spoilt }),
  ];
}

function shifted(rows: CloudRows, from: string, to: string): Record<string, number> {
  const { [from]: a = 0, [to]: b = 0 } = rows.balances;
  return { ...rows.balances, [from]: a + 100, [to]: b - 100 };
}
