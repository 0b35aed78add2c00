/** What a guest comes to a till for, drawn. */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { BenchTill } from '../bench/bar.ts';
import type { CatalogueRow } from '../demo/catalogue.ts';
import { uuid } from '../rehearsal/chance.ts';
import type { Guest } from './crowd.ts';

export interface Order {
  readonly leaf: 'charge' | 'topup' | 'reverse' | 'cashout';
  readonly request: { readonly tapId: string } & Readonly<Record<string, unknown>>;
  /** What the guest agreed to: what the board says, what is loaded or paid out; null where nobody named it. */
  readonly amountMinor: number | null;
  /** Of a reversal: the tap that paid. */
  readonly ofTapId: string | null;
}

/** A request as a till sends it, with what came of it for those who stood there. */
export interface TillTap extends Order {
  readonly till: string;
  readonly uid: string;
  /** What the screen said in the end; undefined as long as it hasn't. */
  answer: TapResult | undefined;
}

/** How many take back their last round, want their money out, load money, and buy although they can't pay. */
const TAKES_BACK = 0.12;
const CASHES_OUT = 0.06;
const LOADS = 0.2;
const OVERREACHES = 0.04;
const LEAST_LOAD_MINOR = 1_000;
const LOAD_STEPS = 9;
/** Asking another box for its sale waits for as long, then it is declined. */
const REVERSAL_WAIT_MS = 5_000;
const NOBODY = { operator: null, shift: null };

export function drawOrder(random: Random, guest: Guest, till: BenchTill, board: Board): Order {
  const { lastSale, heldMinor, onlineMinor } = guest;
  if (lastSale !== undefined && random.chance(TAKES_BACK)) return reversal(random, lastSale);
  if (heldMinor > 0 && random.chance(CASHES_OUT)) return cashOut(random, heldMinor);
  const lines = till.cart.filter(() => random.chance(0.5)).map(product => ({ product, quantity: 1 }));
  const costMinor = lines.reduce((sum, { product }) => sum + (board.get(product) ?? 0), 0);
  const isShort = heldMinor + onlineMinor < costMinor && !random.chance(OVERREACHES);
  if (lines.length === 0 || isShort || random.chance(LOADS)) return topUp(random);
  const request = { tapId: uuid(random), saleId: uuid(random), ...NOBODY, lines };
  return { leaf: 'charge', request, amountMinor: costMinor, ofTapId: null };
}

export function topUp(random: Random): Order {
  const amountMinor = LEAST_LOAD_MINOR * (1 + random.below(LOAD_STEPS));
  const request = { tapId: uuid(random), ...NOBODY, amountMinor, tender: 'cash' };
  return { leaf: 'topup', request, amountMinor, ofTapId: null };
}

/** All of it, or a part. */
function cashOut(random: Random, heldMinor: number): Order {
  const amountMinor = random.chance(0.5) ? null : 1 + random.below(heldMinor);
  const request = { tapId: uuid(random), ...NOBODY, amountMinor };
  return { leaf: 'cashout', request, amountMinor, ofTapId: null };
}

function reversal(random: Random, ofTapId: string): Order {
  const request = { tapId: uuid(random), ...NOBODY, ofTapId, waitMs: REVERSAL_WAIT_MS };
  return { leaf: 'reverse', request, amountMinor: null, ofTapId };
}

/** What one of a product costs with its deposit: minor units. */
export type Board = ReadonlyMap<string, number>;

export function boardOf(catalogue: readonly CatalogueRow[]): Board {
  return new Map(
    catalogue.map(({ product, priceMinor, depositMinor }) => [product as string, priceMinor + depositMinor]),
  );
}
