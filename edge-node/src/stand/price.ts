/**
 * What a cart costs, from the plan and nothing else: the till says what and how many, never for how much. Only a supervisor
 * may ask for another price, and then both prices are journaled.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { OperatorId, StandId } from '@pulsera/firmware-protocol/ids';
import { PURSE_MAX_MINOR, type SaleLine } from '@pulsera/firmware-protocol/journal/effect';
import type { PlanProduct } from '@pulsera/firmware-protocol/wire/plan';
import type { CartLine } from '@pulsera/firmware-protocol/wire/till';
import type { SellingPlan } from '../plan/selling.ts';

export interface PricedLine extends SaleLine {
  readonly name: string;
  /** Quantity times price and deposit. */
  readonly totalMinor: number;
}

export interface PricedCart {
  readonly lines: readonly PricedLine[];
  /** Negative when more cups come back than money is due. */
  readonly totalMinor: number;
}

/**
 * Pure. @throws Fault `product-unknown`, `product-not-sold-here`, `override-impossible`, `cart-too-large`
 */
export function priceCart(selling: SellingPlan, stand: StandId, cart: readonly CartLine[]): PricedCart {
  const lines = cart.map(line => priceLine(soldHere(selling, stand, line), line));
  const totalMinor = lines.reduce((sum, line) => sum + line.totalMinor, 0);
  for (const amountMinor of [totalMinor, ...lines.map(line => line.totalMinor)]) {
    if (Math.abs(amountMinor) > PURSE_MAX_MINOR) {
      throw new Fault('cart-too-large', 'Split the cart: no wristband holds that much.', {
        detail: { totalMinor: amountMinor, mostMinor: PURSE_MAX_MINOR },
      });
    }
  }
  return { lines, totalMinor };
}

/** Whether any line is sold at another price than the plan's. */
export const isOverridden = ({ lines }: PricedCart) => lines.some(({ listMinor }) => listMinor !== null);

/** @throws Fault `supervisor-needed` unless the plan's staff has this person as a supervisor */
export function requireSupervisor(selling: SellingPlan, approvedBy: OperatorId | null): OperatorId {
  const operator = approvedBy === null ? undefined : selling.operator(approvedBy);
  if (operator?.role !== 'supervisor') {
    throw new Fault('supervisor-needed', 'Let a supervisor of this event approve it, under their own name.', {
      detail: { approvedBy },
    });
  }
  return operator.id;
}

function soldHere(selling: SellingPlan, stand: StandId, { product }: CartLine): PlanProduct {
  const sold = selling.product(stand, product);
  if (sold) return sold;
  if (selling.knows(product)) {
    throw new Fault('product-not-sold-here', 'Take it off the cart: this stand does not sell it.', {
      detail: { product, stand },
    });
  }
  throw new Fault('product-unknown', 'Load the catalogue of this till anew: the plan has no such product.', {
    detail: { product },
  });
}

function priceLine(product: PlanProduct, { quantity, overrideMinor }: CartLine): PricedLine {
  const isReturn = product.kind === 'deposit-return';
  if (isReturn && overrideMinor !== undefined) {
    throw new Fault('override-impossible', 'Take the price off that line: what comes back has no price.', {
      detail: { product: product.id },
    });
  }
  const unitMinor = overrideMinor ?? product.priceMinor;
  const depositMinor = isReturn ? -product.depositMinor : product.depositMinor;
  return {
    product: product.id,
    name: product.name,
    quantity,
    unitMinor,
    listMinor: unitMinor === product.priceMinor ? null : product.priceMinor,
    taxRateBp: product.taxRateBp,
    depositMinor,
    totalMinor: quantity * (unitMinor + depositMinor),
  };
}
