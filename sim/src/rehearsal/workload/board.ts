/** What hangs above every bar: what a piece costs with the deposit on its cup, minor units. The boxes know it from their plan. */
import type { Line } from './intent.ts';

export interface Product {
  readonly id: string;
  /** With the deposit on its cup. */
  readonly costMinor: number;
  readonly hasCup: boolean;
}

export const PRODUCTS: readonly Product[] = [
  { id: 'beer', costMinor: 600, hasCup: true },
  { id: 'water', costMinor: 200, hasCup: false },
];

/** A cup that comes back, with what it brings. */
export const CUP = { id: 'cup', depositMinor: 100 };

const EACH_MINOR: Readonly<Record<string, number>> = {
  ...Object.fromEntries(PRODUCTS.map(({ id, costMinor }) => [id, costMinor])),
  [CUP.id]: -CUP.depositMinor,
};

/** Negative where the cups that come back are worth more than what is bought. @throws RangeError for what isn't sold */
export function boardMinor(lines: readonly Line[]): number {
  return lines.reduce((sum, { product, quantity }) => {
    const eachMinor = EACH_MINOR[product];
    if (eachMinor === undefined) throw new RangeError(`${product} is not on the board.`);
    return sum + quantity * eachMinor;
  }, 0);
}
