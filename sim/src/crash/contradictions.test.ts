import { expect, test } from 'vitest';
import { contradictions, type Scene } from './contradictions.ts';
import type { JournalTap } from './journal-copy.ts';
import type { Asked } from './witness.ts';

const UID = '04a1b2c3d4e5f6';
/** Counter, nonce, balance; what follows plays no part here. */
const image = (counter: number, balance: number, nonce = counter) =>
  [counter, nonce].map(n => n.toString(16).padStart(4, '0')).join('') +
  balance.toString(16).padStart(6, '0').padEnd(32, '0');
const ROOT = image(0, 1000);
const AFTER = image(1, 900);

const write = (change: Partial<JournalTap> = {}): JournalTap => ({
  kind: 'tap',
  seq: 1,
  tap: 'aa',
  till: 'bar-1',
  uid: UID,
  wallet: '00',
  generation: 1,
  cloudSeq: 0,
  before: ROOT,
  from: 0,
  after: AFTER,
  effects: [{ kind: 'purchase', stand: 'bar', lines: [], totalMinor: 100, bonusMinor: 0 }],
  held: new Map(),
  posted: new Map(),
  state: 'posted',
  isAbandoned: false,
  ...change,
});
const approved = (change: object = {}) =>
  ({
    tapId: 'a-a',
    outcome: 'approved',
    amountMinor: 100,
    loadedMinor: 0,
    balanceMinor: 900,
    bonusMinor: 0,
    ...change,
  }) as Asked['answers'][number];
const asked = (...answers: Asked['answers']): Asked => ({
  tapId: 'a-a',
  till: 'bar-1',
  uid: UID,
  leaf: 'charge',
  request: { tapId: 'a-a' },
  amountMinor: 100,
  answers,
});
const scene = (change: Partial<Scene> & { readonly holds?: string } = {}): Scene => ({
  asked: [asked(approved())],
  taps: [write()],
  chips: [{ uid: UID, root: ROOT, current: change.holds ?? AFTER }],
  ...change,
});
const cancelled = (chip: string) =>
  ({ tapId: 'a-a', outcome: 'cancelled', chip }) as Asked['answers'][number];

test('an honest evening has no contradiction, whatever is still open', () => {
  expect(contradictions(scene())).toEqual([]);
  expect(contradictions(scene({ asked: [asked(approved(), approved())] }))).toEqual([]);
  expect(contradictions(scene({ asked: [asked()], taps: [write({ state: 'pending' })] }))).toEqual([]);
  expect(
    contradictions(scene({ asked: [asked()], taps: [write({ state: 'pending' })], holds: ROOT })),
  ).toEqual([]);
  expect(contradictions(scene({ asked: [asked()], taps: [], holds: ROOT }))).toEqual([]);
  const abandoned = write({ state: 'pending', isAbandoned: true });
  expect(contradictions(scene({ asked: [asked(cancelled('unsettled'))], taps: [abandoned] }))).toEqual([]);
});

const again = write({ seq: 2, before: AFTER, after: image(2, 800) });
const broken: readonly (readonly [string, Scene, string])[] = [
  ['a green tap lost from the journal', scene({ taps: [] }), 'is posted 0 times'],
  ['a green tap still pending', scene({ taps: [write({ state: 'pending' })] }), 'is posted 0 times'],
  ['a green tap that its chip lost', scene({ holds: ROOT }), "its chip doesn't hold it"],
  ['a green tap that was abandoned', scene({ taps: [write({ isAbandoned: true })] }), 'is abandoned'],
  ['a tap charged twice', scene({ taps: [write(), again], holds: again.after }), 'lies on its chip 2 times'],
  ['an image that nobody wrote', scene({ holds: image(3, 5) }), 'which no entry wrote'],
  [
    'a dropped write on the chip',
    scene({ asked: [asked()], taps: [write({ state: 'dropped' })] }),
    'is dropped',
  ],
  ['two answers', scene({ asked: [asked(approved(), approved({ balanceMinor: 1 }))] }), 'was answered'],
  ['another amount', scene({ asked: [asked(approved({ amountMinor: 99 }))] }), 'took another amount'],
  ['another balance', scene({ asked: [asked(approved({ balanceMinor: 1 }))] }), 'left another balance'],
  [
    'a cancelled tap that took money',
    scene({ asked: [asked(cancelled('untouched'))] }),
    'left its chip untouched',
  ],
  ['a tap let go and not abandoned', scene({ asked: [asked(cancelled('unsettled'))] }), 'is not abandoned'],
  ['a tap that nobody asked for', scene({ asked: [] }), 'asked for by nobody'],
  [
    'a chip without an image',
    { ...scene(), chips: [{ uid: UID, root: ROOT, current: undefined }] },
    'no sealed',
  ],
  ['images that don’t add up', scene({ taps: [write({ before: image(0, 1001) })] }), 'its images say 101'],
];
test.each(broken)('%s is found', (_, found, sentence) => {
  expect(contradictions(found).join('\n')).toContain(sentence);
});
