import { expect, test } from 'vitest';
import { DECLINES } from '../purse/decline.ts';
import { BoxState, Prompt, RequestResult, TapResult, TillRequest, TillResult } from './till.ts';
import { TILL_VERBS } from './topics.ts';

const tapId = '0123abcd-0000-4000-8000-0123456789ab';
const saleId = '0123abcd-0000-4000-8000-0123456789ac';
const requestId = '0123abcd-0000-4000-8000-0123456789ad';
const actor = { operator: 'ann', shift: null };
const lines = [{ product: 'beer', quantity: 2 }];

/** One good payload of each request; whatever is changed about them below is refused. */
const GOOD = {
  quote: { requestId, lines },
  charge: { tapId, saleId, ...actor, lines },
  topup: { tapId, ...actor, amountMinor: 500, tender: 'cash' },
  cashout: { tapId, ...actor, amountMinor: null },
  reverse: { tapId, ...actor, ofTapId: saleId },
  balance: { tapId },
  cancel: { tapId },
  'drawer-paid': { requestId, tapId, operator: null },
  shift: { requestId, action: 'open', shift: saleId, operator: 'ann', floatMinor: 0 },
} as const;
const LEAVES = Object.keys(GOOD) as (keyof typeof GOOD)[];

test.each(LEAVES)('%s takes its fields, all of them, and no others', leaf => {
  const schema = TillRequest[leaf];
  const good: Record<string, unknown> = GOOD[leaf];
  expect(schema.safeParse(good).error).toBeUndefined();
  expect(schema.safeParse({ ...good, priceMinor: 1 }).success).toBe(false);
  for (const field of Object.keys(good)) {
    const { [field]: _, ...without } = good;
    expect(schema.safeParse(without).success, field).toBe(false);
  }
  for (const nothing of [null, [], 'text', 1]) expect(schema.safeParse(nothing).success).toBe(false);
});

test('every topic a till publishes on has its payload, the reader behind it aside', () => {
  expect([...LEAVES, 'reader/field', 'reader/answer'].sort()).toEqual([...TILL_VERBS].sort());
});

test.each([
  ['no lines', []],
  ['101 lines', Array.from({ length: 101 }, () => ({ product: 'beer', quantity: 1 }))],
  ['a quantity of none', [{ product: 'beer', quantity: 0 }]],
  ['a negative quantity', [{ product: 'beer', quantity: -1 }]],
  ['half a piece', [{ product: 'beer', quantity: 0.5 }]],
  ['a billion pieces', [{ product: 'beer', quantity: 1_000_000_000 }]],
  ['a price', [{ product: 'beer', quantity: 1, unitMinor: 1 }]],
  ['a negative price of a supervisor', [{ product: 'beer', quantity: 1, overrideMinor: -1 }]],
  ['a product that is no name', [{ product: '../etc', quantity: 1 }]],
  ['a quantity in words', [{ product: 'beer', quantity: '1' }]],
])('a cart with %s is refused', (_, cart) => {
  expect(TillRequest.charge.safeParse({ ...GOOD.charge, lines: cart }).success).toBe(false);
  expect(TillRequest.quote.safeParse({ ...GOOD.quote, lines: cart }).success).toBe(false);
});

test.each([0, -1, 0.5, 0x100_0000, '5', null])('a top-up of %j is refused', amountMinor => {
  expect(TillRequest.topup.safeParse({ ...GOOD.topup, amountMinor }).success).toBe(false);
});

test('a wait is a second to two minutes, and half a minute when nothing is said', () => {
  expect(TillRequest.balance.parse({ tapId })).toEqual({ tapId, waitMs: 30_000 });
  for (const waitMs of [999, 120_001]) {
    expect(TillRequest.balance.safeParse({ tapId, waitMs }).success).toBe(false);
  }
});

test('a shift is opened, closed, or its cap extended; nothing in between', () => {
  const { shift } = TillRequest;
  const close = { requestId, action: 'close', shift: saleId, operator: 'ann', countedMinor: 5 };
  const extend = { requestId, action: 'extend-cap', approvedBy: 'ann', cap: 'terminal', byMinor: 1 };
  expect(shift.safeParse(close).success).toBe(true);
  expect(shift.safeParse(extend).success).toBe(true);
  expect(shift.safeParse({ ...close, floatMinor: 5 }).success).toBe(false);
  expect(shift.safeParse({ ...extend, byMinor: 0 }).success).toBe(false);
  expect(shift.safeParse({ ...extend, action: 'steal' }).success).toBe(false);
});

test('a declined tap names one of the documented reasons', () => {
  const base = {
    tapId,
    outcome: 'declined',
    message: 'x',
    figures: {},
    balanceMinor: null,
    bonusMinor: null,
  };
  for (const reason of Object.keys(DECLINES)) {
    expect(TapResult.safeParse({ ...base, reason }).success).toBe(true);
    expect(Prompt.safeParse({ tapId, ask: 'tap-again', reason }).success).toBe(true);
  }
  expect(TapResult.safeParse({ ...base, reason: 'bad-mood' }).success).toBe(false);
});

test('what comes on result is the end of a tap or the answer to a request, told apart by what it names', () => {
  const cancelled = { tapId, outcome: 'cancelled', chip: 'unsettled' };
  const done = { requestId, outcome: 'done', figures: { expectedMinor: 5 } };
  const broken = { requestId: null, outcome: 'fault', code: 'message-malformed', message: 'x' };
  expect(TapResult.safeParse(cancelled).success).toBe(true);
  expect(RequestResult.safeParse(done).success).toBe(true);
  for (const result of [cancelled, done, broken]) expect(TillResult.parse(result)).toEqual(result);
  expect(TillResult.safeParse({ ...done, tapId }).success).toBe(false);
  expect(TillResult.safeParse({ ...broken, code: undefined }).success).toBe(false);
});

test('a box says how it stands, whole', () => {
  const state = {
    event: 'x',
    currency: 'EUR',
    plan: null,
    cutOffSinceMs: null,
    offlineCapPercent: 80,
    hasRoom: true,
  };
  expect(BoxState.parse(state)).toEqual(state);
  expect(BoxState.safeParse({ ...state, offlineCapPercent: -1 }).success).toBe(false);
});
