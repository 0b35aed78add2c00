/** Which taps reverse which sales, and whose the right to is. The rows belong to the cloud's journal: who writes them holds its lock. */
import type { TapRef } from '@pulsera/firmware-protocol/ids';
import type { RightMoved } from '../reversal-rights.ts';
import type { SaleReversal } from '../reversals.ts';

export interface SaleReversals {
  /** New ones, and the state of those that there are. None twice. */
  note(reversals: readonly SaleReversal[]): Promise<void>;
  /** Every tap that reverses one of these sales. */
  of(sales: readonly TapRef[]): Promise<SaleReversal[]>;
  moveRights(moves: readonly (RightMoved & { readonly sale: TapRef })[]): Promise<void>;
  /** How the cloud's journal moved the rights of these sales, each in order; by `refText` of the sale. */
  rights(sales: readonly TapRef[]): Promise<ReadonlyMap<string, readonly RightMoved[]>>;
}
