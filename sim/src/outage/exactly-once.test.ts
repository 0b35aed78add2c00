import { expect, test } from 'vitest';
import type { Read, ReadOf } from '../audit/entry.ts';
import { contradictions, type HeldEntry, type Scene } from './exactly-once.ts';
import type { TillTap } from './order.ts';

const UID = '04aabbccddeeff';
const WALLET = '0011223344556677';

const green = (amountMinor: number): TillTap['answer'] =>
  ({ outcome: 'approved', amountMinor }) as TillTap['answer'];
const cancelled = { outcome: 'cancelled', chip: 'unsettled' } as TillTap['answer'];
const tap = (answer: TillTap['answer']): TillTap => ({
  leaf: 'charge',
  request: { tapId: 'a-a' },
  amountMinor: 300,
  ofTapId: null,
  till: 'bar-1',
  uid: UID,
  answer,
});
const written = (ref: string, change: Partial<ReadOf<'tap'>> = {}): HeldEntry => ({
  ref,
  read: {
    kind: 'tap',
    tap: 'aa',
    uid: UID,
    effects: [{ kind: 'purchase', totalMinor: 300 }],
    ...change,
  } as Read,
});
const told = (of: string, outcome: string): HeldEntry => ({
  ref: '1/1/9',
  read: { kind: 'settlement', of, outcome } as Read,
});
const credited = (change: Partial<ReadOf<'credited'>> = {}): HeldEntry => ({
  ref: '0/1/1',
  read: {
    kind: 'credited',
    source: 'online',
    reference: 'pay-1',
    wallet: WALLET,
    mainMinor: 500,
    ...change,
  } as Read,
});
const POSTED = [written('1/1/1'), told('1/1/1', 'posted')];
const PAID = { reference: 'pay-1', wallet: WALLET, mainMinor: 500 };
const scene = (change: Partial<Scene>): Scene => ({
  taps: [tap(green(300))],
  payments: [PAID],
  held: [...POSTED, credited()],
  cases: [],
  ...change,
});

test('a green tap that is posted once with its amount, and a payment that is credited once, are as they should be', () => {
  expect(contradictions(scene({}))).toEqual([]);
});

test('a tap without a green screen may be dropped, or posted and let go', () => {
  const dropped = [written('1/1/1'), told('1/1/1', 'dropped'), credited()];
  expect(contradictions(scene({ taps: [tap(cancelled)], held: dropped }))).toEqual([]);
  const letGo = [...POSTED, told('1/1/1', 'abandoned'), credited()];
  expect(contradictions(scene({ taps: [tap(cancelled)], held: letGo }))).toEqual([]);
});

test.each<[string, Partial<Scene>]>([
  ['green, and is posted 0 times', { held: [written('1/1/1'), credited()] }],
  [
    'green, and is posted 2 times',
    { held: [...POSTED, written('2/1/1'), told('2/1/1', 'posted'), credited()] },
  ],
  ['green for 200, and 1/1/1 took 300', { taps: [tap(green(200))] }],
  ['green, and is abandoned', { held: [...POSTED, told('1/1/1', 'abandoned'), credited()] }],
  ['cancelled, and is posted at 1/1/1 for good', { taps: [tap(cancelled)] }],
  ['never came to an end', { taps: [tap(undefined)], held: [credited()] }],
  ['asked for at no till', { taps: [] }],
  [
    'wrote to wristband 04ffffffffffff',
    { held: [written('1/1/1', { uid: '04ffffffffffff' }), told('1/1/1', 'posted'), credited()] },
  ],
  ['pay-1 is credited 0 times', { held: POSTED }],
  ['pay-1 is credited 2 times', { held: [...POSTED, credited(), credited()] }],
  ['credited otherwise', { held: [...POSTED, credited({ mainMinor: 600 })] }],
  ['paid by nobody', { payments: [], held: [...POSTED, credited()] }],
  ['an honest evening has a case: fork', { cases: ['fork'] }],
])('%s: that is told', (what, change) => {
  expect(contradictions(scene(change))).toEqual([expect.stringContaining(what)]);
});
