/**
 * The plan: a signed, versioned snapshot of what people edit, all a box needs to sell for days without the cloud.
 * On the wire and at rest it is a COSE_Sign1 by the cloud's key with purpose `pulsera/plan` over the canonical JSON
 * of `Plan`. Versions rise strictly within an event, and a box never goes back to a lower one.
 */
import { z } from 'zod';
import { Fault } from '../fault.ts';
import { EventId, KeySetNumber, OperatorId, PlanVersion, ProductId, StandId, TillId } from '../ids.ts';
import { open1, type Sign, sign1, type Verify } from '../journal/cose.ts';
import { currency } from '../money/money.ts';
import { decodeCanonical, encodeCanonical } from './canonical-json.ts';

/** The most a chip's balance field (u24) can hold bounds every single price and cap on a chip. */
export const MAX_CHIP_MINOR = 0xff_ffff;
const chipMinor = z.int().min(0).max(MAX_CHIP_MINOR);
const name = z.string().min(1).max(80);

export const PlanEvent = z.strictObject({
  name,
  /** ISO 4217, and the number of decimals of its minor unit. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  exponent: z.int().min(0).max(3),
  /** IANA time zone: the business day of reports and receipts. */
  timeZone: z.string().min(1).max(64),
  endsAtMs: z.int().min(0),
});

export const PlanStand = z.strictObject({ id: StandId, name });

export const PlanProduct = z.strictObject({
  id: ProductId,
  name,
  /** A `sale` costs price plus deposit a piece; a `deposit-return` (a cup comes back) pays its deposit out and has no price. */
  kind: z.enum(['sale', 'deposit-return']),
  /** Sold at this stand only; at every stand when absent. */
  stand: StandId.optional(),
  /** Tax included. */
  priceMinor: chipMinor,
  taxRateBp: z.int().min(0).max(10_000),
  /** Not revenue and not taxed: a liability until the cup is back. */
  depositMinor: chipMinor,
});
export type PlanProduct = z.infer<typeof PlanProduct>;

/** What a product costs at one stand, where that isn't its own price. */
export const PlanPrice = z.strictObject({ stand: StandId, product: ProductId, priceMinor: chipMinor });

export const PlanTill = z.strictObject({ id: TillId, stand: StandId, name, kind: z.enum(['bar', 'topup']) });
export type PlanTill = z.infer<typeof PlanTill>;

export const StaffRole = z.enum(['seller', 'cashier', 'supervisor']);
export type StaffRole = z.infer<typeof StaffRole>;
export const PlanOperator = z.strictObject({ id: OperatorId, name, role: StaffRole });

export const PlanCaps = z.strictObject({
  /** Most for one charge; more is declined. */
  chargeMinor: chipMinor,
  /** Most on one chip, main and bonus together; a top-up beyond is declined. */
  chipMinor,
  /** Most a box takes while it is cut off; a supervisor extends it. */
  boxOfflineMinor: z.int().min(0),
  /** Most through one till whose reader is behind a terminal, between two syncs: its word is all there is. */
  terminalMinor: z.int().min(0),
});
export type PlanCaps = z.infer<typeof PlanCaps>;

export const Plan = z
  .strictObject({
    version: PlanVersion.min(1),
    eventId: EventId,
    event: PlanEvent,
    stands: z.array(PlanStand).max(2000),
    products: z.array(PlanProduct).max(10_000),
    prices: z.array(PlanPrice).max(50_000),
    tills: z.array(PlanTill).max(5000),
    staff: z.array(PlanOperator).max(20_000),
    /** Gates come later; a plan that holds zones or rules is from a newer cloud and is refused. */
    zones: z.array(z.never()),
    rules: z.strictObject({}),
    caps: PlanCaps,
    /** The key sets whose images a box honours. */
    keySets: z.array(KeySetNumber).min(1),
    /** The version published before this one; absent for the first. */
    previous: PlanVersion.optional(),
  })
  .superRefine((plan, context) => {
    for (const { path, message } of contradictions(plan)) context.addIssue({ code: 'custom', path, message });
  });
export type Plan = z.infer<typeof Plan>;

/** @throws RangeError if the value is not a plan's; it can't be, once `Plan.parse` made it. */
export function signPlan(plan: Plan, sign: Sign, keyId?: Uint8Array): Uint8Array {
  return sign1('pulsera/plan', encodeCanonical(plan), sign, keyId);
}

/**
 * @throws Fault `signature-invalid`, `cbor-malformed`, `json-not-canonical`
 * @throws Fault `plan-invalid` naming the path of each problem
 */
export function openPlan(signed: Uint8Array, verify: Verify): Plan {
  const parsed = Plan.safeParse(decodeCanonical(open1('pulsera/plan', signed, verify)));
  if (parsed.success) return parsed.data;
  throw planInvalid(parsed.error);
}

export function planInvalid(error: z.ZodError): Fault {
  const detail = Object.fromEntries(
    error.issues.slice(0, 50).map(({ path, message }) => [path.join('.'), message]),
  );
  return new Fault('plan-invalid', 'Correct what the detail names, then publish the plan again.', { detail });
}

/** What a stand sells, at the price it has there. */
export function standCatalogue(plan: Plan, stand: StandId): ReadonlyMap<ProductId, PlanProduct> {
  const here = plan.products.filter(product => product.stand === undefined || product.stand === stand);
  const prices = new Map(
    plan.prices.filter(price => price.stand === stand).map(p => [p.product, p.priceMinor]),
  );
  return new Map(here.map(p => [p.id, { ...p, priceMinor: prices.get(p.id) ?? p.priceMinor }]));
}

interface Contradiction {
  path: (string | number)[];
  message: string;
}

type PlanParts = Pick<
  z.infer<typeof Plan>,
  'version' | 'event' | 'stands' | 'products' | 'prices' | 'tills' | 'staff' | 'caps' | 'keySets' | 'previous'
>;

function* contradictions(plan: PlanParts): Generator<Contradiction> {
  for (const list of ['stands', 'products', 'tills', 'staff'] as const)
    yield* doubles<{ id: string }>(list, plan[list], row => row.id);
  yield* doubles('prices', plan.prices, row => `${row.stand} ${row.product}`);
  yield* doubles('keySets', plan.keySets, String);

  const stands = new Set<string>(plan.stands.map(stand => stand.id));
  const products = new Map<string, PlanProduct>(plan.products.map(product => [product.id, product]));
  for (const [i, product] of plan.products.entries()) {
    if (product.stand !== undefined && !stands.has(product.stand)) {
      yield { path: ['products', i, 'stand'], message: `there is no stand ${product.stand}` };
    }
    yield* depositReturn(product, i);
  }
  for (const [i, price] of plan.prices.entries()) {
    const product = products.get(price.product);
    if (!stands.has(price.stand))
      yield { path: ['prices', i, 'stand'], message: `there is no stand ${price.stand}` };
    if (!product) yield { path: ['prices', i, 'product'], message: `there is no product ${price.product}` };
    else if (product.kind === 'deposit-return') {
      yield { path: ['prices', i, 'product'], message: 'a deposit return has no price' };
    } else if (product.stand !== undefined && product.stand !== price.stand) {
      yield { path: ['prices', i, 'stand'], message: `${price.product} is sold at ${product.stand} only` };
    }
  }
  for (const [i, till] of plan.tills.entries()) {
    if (!stands.has(till.stand))
      yield { path: ['tills', i, 'stand'], message: `there is no stand ${till.stand}` };
  }
  yield* currencyFits(plan.event);
  if (plan.caps.chargeMinor > plan.caps.chipMinor) {
    yield { path: ['caps', 'chargeMinor'], message: 'more than a chip may hold' };
  }
  if (plan.previous !== undefined && plan.previous >= plan.version) {
    yield { path: ['previous'], message: 'not below this version' };
  }
}

function* depositReturn(product: PlanProduct, i: number): Generator<Contradiction> {
  if (product.kind !== 'deposit-return') return;
  if (product.priceMinor !== 0)
    yield { path: ['products', i, 'priceMinor'], message: 'a deposit return has no price' };
  if (product.depositMinor === 0)
    yield { path: ['products', i, 'depositMinor'], message: 'nothing to give back' };
}

function* currencyFits({ currency: code, exponent }: PlanParts['event']): Generator<Contradiction> {
  let known: number;
  try {
    known = currency(code).exponent;
  } catch {
    yield { path: ['event', 'currency'], message: `${code} is not a currency to sell in` };
    return;
  }
  if (known !== exponent) yield { path: ['event', 'exponent'], message: `${code} has ${known} decimals` };
}

function* doubles<Row>(
  list: string,
  rows: readonly Row[],
  key: (row: Row) => string,
): Generator<Contradiction> {
  const seen = new Set<string>();
  for (const [i, row] of rows.entries()) {
    if (seen.has(key(row))) yield { path: [list, i], message: `${key(row)} is there twice` };
    seen.add(key(row));
  }
}
