/** Whose the right to reverse a sale is, as the cloud's journal has moved it: `purse/reversal-right.ts`. */
import type { BoxId, Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Entry } from '@pulsera/firmware-protocol/journal/entry';
import { bornRight, type ReversalRight } from '@pulsera/firmware-protocol/purse/reversal-right';

/** An entry of the cloud's journal that moved a right. */
export interface RightMoved {
  readonly seq: Seq;
  /** Null: it was withdrawn. */
  readonly holder: BoxId | null;
}

/** The right after the entries up to `seq`. @param moves of this sale, in order */
export function rightAt(sale: TapRef, moves: readonly RightMoved[], seq: number): ReversalRight {
  let right = bornRight(sale);
  for (const moved of moves) {
    if (moved.seq > seq) break;
    right = { holder: moved.holder, last: moved.holder ?? right.last, seq: moved.seq };
  }
  return right;
}

/** The part of the cloud's journal that moves rights. Pure. */
export function rightsMoved(entries: readonly Entry[]): (RightMoved & { readonly sale: TapRef })[] {
  return entries.flatMap(({ seq, kind, body }) => {
    if (kind === 'reversal-withdrawn') return { sale: body.of, seq, holder: null };
    return kind === 'reversal-granted' ? { sale: body.of, seq, holder: body.to } : [];
  });
}
