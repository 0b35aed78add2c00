/** Any entry a journal can hold, of every kind, for property tests. Fields are in range and otherwise unrelated. */
import fc from 'fast-check';
import { toHex } from '../src/bytes.ts';
import type {
  BoxId,
  ChipUid,
  Epoch,
  Generation,
  KeySetNumber,
  OperatorId,
  PlanVersion,
  ProductId,
  SaleId,
  Seq,
  ShiftId,
  StandId,
  TapId,
  TillId,
  WalletId,
} from '../src/ids.ts';
import type { Effect } from '../src/journal/effect.ts';
import type { Body, Draft, Entry, EntryKind } from '../src/journal/entry.ts';
import { accounts } from '../src/money/account.ts';
import { postings } from '../src/money/posting.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const upTo = (max: number) => fc.integer({ min: 0, max });
const atLeast1 = (max: number) => fc.integer({ min: 1, max });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = <T extends string>(length: number) => bytes(length).map(value => toHex(value) as T);
const uuid = <T extends string>() => fc.uuid().map(text => text as string as T);
const slug = <T extends string>() =>
  fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/).map(text => text as string as T);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const u24 = upTo(0xff_ff_ff);
const signedU24 = fc.integer({ min: -0xff_ff_ff, max: 0xff_ff_ff });
const minor = fc.maxSafeInteger();
const seq = fc.maxSafeNat().map(value => value as Seq);
const generation = atLeast1(255).map(value => value as Generation);
const plan = upTo(0xffff_ffff).map(value => value as PlanVersion);
const wallet = hex<WalletId>(8);
const uid = hex<ChipUid>(7);
const till = slug<TillId>();
const operator = slug<OperatorId>();

const tapRef = fc.record({
  box: upTo(0xffff).map(value => value as BoxId),
  epoch: atLeast1(0xffff_ffff).map(value => value as Epoch),
  seq: atLeast1(MAX).map(value => value as Seq),
});

const balancedPostings = fc
  .array(
    fc.tuple(
      fc.oneof(
        wallet.map(accounts.walletMain),
        wallet.map(accounts.walletBonus),
        till.map(accounts.cash),
        slug<StandId>().map(accounts.revenue),
        upTo(10_000).map(accounts.tax),
        fc.constantFrom(accounts.cardClearing, accounts.deposit, accounts.topupSuspense, accounts.promotion),
      ),
      fc.integer({ min: -1e12, max: 1e12 }),
    ),
    { maxLength: 8 },
  )
  .map(lines =>
    postings(...lines, [accounts.unattributed, -lines.reduce((sum, [, amount]) => sum + amount, 0)]),
  );

const line = fc.record({
  product: slug<ProductId>(),
  quantity: atLeast1(9999),
  unitMinor: minor,
  listMinor: orNull(minor),
  taxRateBp: upTo(10_000),
  depositMinor: minor,
});

const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.record({
    kind: fc.constant('purchase' as const),
    stand: slug<StandId>(),
    lines: fc.array(line, { maxLength: 4 }),
    totalMinor: signedU24,
    bonusMinor: u24,
    approvedBy: orNull(operator),
  }),
  fc.record({
    kind: fc.constant('cash-topup' as const),
    amountMinor: u24,
    tender: fc.constantFrom('cash' as const, 'card' as const),
  }),
  fc.record({
    kind: fc.constant('credit-load' as const),
    from: upTo(255),
    to: atLeast1(255),
    mainMinor: u24,
    bonusMinor: u24,
  }),
  fc.record({
    kind: fc.constant('reversal' as const),
    of: tapRef,
    ofTap: uuid<TapId>(),
    mainMinor: signedU24,
    bonusMinor: u24,
  }),
  fc.record({ kind: fc.constant('cash-out' as const), amountMinor: u24 }),
  fc.record({ kind: fc.constant('issue' as const), ageClass: upTo(255) }),
);

export const BODIES: { readonly [K in EntryKind]: fc.Arbitrary<Body<K>> } = {
  tap: fc.record({
    tap: uuid<TapId>(),
    sale: orNull(uuid<SaleId>()),
    till,
    operator: orNull(operator),
    shift: orNull(uuid<ShiftId>()),
    plan,
    cloudSeq: seq,
    via: fc.constantFrom('box' as const, 'terminal' as const),
    uid,
    wallet,
    generation,
    slot0: bytes(20),
    slot1: bytes(20),
    from: orNull(fc.constantFrom(0 as const, 1 as const)),
    after: bytes(20),
    effects: fc.array(effect, { maxLength: 3 }),
    held: balancedPostings,
    posted: balancedPostings,
  }),
  settlement: fc.record({
    of: tapRef,
    tap: uuid<TapId>(),
    uid,
    outcome: fc.constantFrom('posted' as const, 'dropped' as const, 'abandoned' as const),
    evidence: fc.constantFrom(
      'read-back' as const,
      'sight' as const,
      'overwritten' as const,
      'graph' as const,
      'close' as const,
      'none' as const,
    ),
  }),
  'drawer-paid': fc.record({
    of: tapRef,
    tap: uuid<TapId>(),
    till,
    operator: orNull(operator),
    postings: balancedPostings,
  }),
  'shift-opened': fc.record({ shift: uuid<ShiftId>(), till, operator, floatMinor: minor }),
  'shift-closed': fc.record({
    shift: uuid<ShiftId>(),
    till,
    operator,
    countedMinor: minor,
    expectedMinor: minor,
    postings: balancedPostings,
  }),
  'plan-applied': fc.record({ plan, hash: bytes(32) }),
  'cloud-cursor': fc.record({ seq, hash: bytes(32) }),
  'clock-jump': fc.record({ fromMs: minor, toMs: minor }),
  fault: fc.record({
    code: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
    till: orNull(till),
    message: fc.string({ unit: 'grapheme', maxLength: 100 }).filter(text => text.length <= 160),
  }),
  'cap-extended': fc.record({
    cap: fc.constantFrom('box-offline' as const, 'terminal' as const),
    byMinor: minor,
    approvedBy: operator,
  }),
  issued: fc.record({
    uid,
    wallet,
    generation,
    ageClass: upTo(255),
    keySet: upTo(255).map(value => value as KeySetNumber),
    root: bytes(20),
  }),
  credited: fc.record({
    wallet,
    generation,
    number: atLeast1(255),
    mainMinor: u24,
    bonusMinor: u24,
    source: fc.constantFrom(
      'online' as const,
      'given-back' as const,
      'replacement' as const,
      'released' as const,
      'gift' as const,
    ),
    reference: fc.string({ maxLength: 64 }),
    postings: balancedPostings,
  }),
  blocked: fc.record({
    uid,
    wallet,
    generation,
    reason: fc.constantFrom(
      'fork' as const,
      'forgery' as const,
      'lost' as const,
      'replaced' as const,
      'staff' as const,
    ),
  }),
  replaced: fc.record({
    wallet,
    fromUid: uid,
    toUid: uid,
    fromGeneration: generation,
    toGeneration: generation,
  }),
  'box-revoked': fc.record({
    box: atLeast1(0xffff).map(value => value as BoxId),
    epoch: atLeast1(0xffff_ffff).map(value => value as Epoch),
    seq,
  }),
  'reversal-withdrawn': fc.record({ of: tapRef, tap: uuid<TapId>() }),
  'reversal-granted': fc.record({
    of: tapRef,
    tap: uuid<TapId>(),
    to: atLeast1(0xffff).map(value => value as BoxId),
    uid,
    mainMinor: signedU24,
    bonusMinor: u24,
    undone: balancedPostings,
  }),
};

export const KINDS = Object.keys(BODIES) as EntryKind[];

const header = fc.record({
  seq: atLeast1(MAX).map(value => value as Seq),
  wallMs: fc.maxSafeNat(),
  monoMs: fc.maxSafeNat(),
  boot: upTo(0xffff_ffff),
});

export const entryOfKind = (kind: EntryKind): fc.Arbitrary<Entry> =>
  fc
    .tuple(header, BODIES[kind] as fc.Arbitrary<unknown>)
    .map(([head, body]) => ({ ...head, ...({ kind, body } as Draft) }));

export const entry: fc.Arbitrary<Entry> = fc.oneof(...KINDS.map(entryOfKind));
