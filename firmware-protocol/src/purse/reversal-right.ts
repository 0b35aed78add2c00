/**
 * A sale is reversed once, so the right to do it is one thing in one hand. It is born at the box that journaled the sale. The
 * cloud's journal takes it away (`reversal-withdrawn`) and gives it to a box (`reversal-granted`), and does the second only when
 * the journal of the box that had it, as the cloud holds it, shows that it knows of the first: what that box reversed before
 * stands before that place, and it reverses nothing behind it. Boxes and cloud decide by this file alone, and nobody's clock is asked.
 */
import type { BoxId, ChipUid, Seq, TapRef } from '../ids.ts';
import type { Draft, TapBody } from '../journal/entry.ts';
import type { Postings } from '../money/posting.ts';
import { books } from './books.ts';

export interface ReversalRight {
  /** Who may reverse the sale; null: nobody, for the time being. */
  readonly holder: BoxId | null;
  /** Who had it last. */
  readonly last: BoxId;
  /** Where the cloud's journal said so; 0 as long as it never spoke of this sale. */
  readonly seq: Seq;
}

export const bornRight = ({ box }: Pick<TapRef, 'box'>): ReversalRight => ({
  holder: box,
  last: box,
  seq: 0 as Seq,
});

export type RightEntry = Extract<Draft, { kind: 'reversal-withdrawn' | 'reversal-granted' }>;

/** After one more entry of the cloud's journal about this sale. */
export function rightAfter(right: ReversalRight, entry: RightEntry & { readonly seq: Seq }): ReversalRight {
  const { seq } = entry;
  return entry.kind === 'reversal-withdrawn'
    ? { ...right, holder: null, seq }
    : { holder: entry.body.to, last: entry.body.to, seq };
}

/** The rule of a box, by the cloud's journal as far as it obeys it. */
export const mayReverse = (box: BoxId, right: ReversalRight): boolean => right.holder === box;

/** What the cloud knows when a box asks for the right: the journals as far as they were sent. */
export interface RightFacts {
  readonly right: ReversalRight;
  /** Posted and not given back: only then is there something to reverse. */
  readonly isSold: boolean;
  /** Of the reversals of this sale that were not dropped, the one that is furthest. */
  readonly reversal: 'none' | 'pending' | 'posted';
  /** Of the box that had the right last. */
  readonly last: {
    /** How far it obeys the cloud's journal, by its own newest epoch. */
    readonly cloudSeq: Seq;
    /** Since when it hasn't been heard, epoch milliseconds; null while it is. */
    readonly cutOffSinceMs: number | null;
    /** Of a revoked box nothing is booked any more. */
    readonly isRevoked: boolean;
  };
}

export const RIGHT_REFUSALS = ['unknown', 'done', 'under-way', 'cut-off'] as const;
export type RightRefusal = (typeof RIGHT_REFUSALS)[number];

/** `withdraw` and `grant` are entries to be written; after `withdraw` it is asked anew. */
export type RightMove =
  | { readonly kind: 'granted' | 'grant' | 'withdraw' | 'wait' }
  | { readonly kind: 'refused'; readonly reason: RightRefusal };

/**
 * What the cloud answers a box that asks for the right. A box that asks knows its own journal: it has no reversal of that sale under way.
 * The right of a cut-off box is left with it, so that it can go on reversing what it sold.
 */
export function moveRight(asker: BoxId, { right, isSold, reversal, last }: RightFacts): RightMove {
  if (!isSold) return { kind: 'refused', reason: 'unknown' };
  if (reversal === 'posted') return { kind: 'refused', reason: 'done' };
  if (reversal === 'pending') return { kind: 'refused', reason: 'under-way' };
  // One that sold and asks has lost the sale's entry with its disk: it is told what it sold.
  if (right.holder === asker) return { kind: right.seq > 0 ? 'granted' : 'grant' };
  const isCutOff = last.cutOffSinceMs !== null && !last.isRevoked;
  if (right.holder !== null) return isCutOff ? { kind: 'refused', reason: 'cut-off' } : { kind: 'withdraw' };
  const hasLetGo = right.last === asker || last.isRevoked || last.cloudSeq >= right.seq;
  if (hasLetGo) return { kind: 'grant' };
  return isCutOff ? { kind: 'refused', reason: 'cut-off' } : { kind: 'wait' };
}

/** What is undone when a sale is reversed: what was paid from main and from bonus, by which wristband, and what it posted. */
export interface SaleTerms {
  readonly uid: ChipUid;
  readonly mainMinor: number;
  readonly bonusMinor: number;
  /** Of the sale alone, without what else its chip write did. */
  readonly undone: Postings;
}

/** Undefined for a tap that sold nothing. */
export function saleTerms({ effects, wallet, till, uid }: TapBody): SaleTerms | undefined {
  const sales = effects.filter(effect => effect.kind === 'purchase');
  if (sales.length === 0) return undefined;
  return {
    uid,
    mainMinor: sales.reduce((sum, { totalMinor, bonusMinor }) => sum + totalMinor - bonusMinor, 0),
    bonusMinor: sales.reduce((sum, { bonusMinor }) => sum + bonusMinor, 0),
    undone: books(sales, wallet, till).posted,
  };
}
