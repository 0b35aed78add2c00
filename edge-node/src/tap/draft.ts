/** The entries of a tap, made from what was read and decided. */
import type { Seq, TapRef } from '@pulsera/firmware-protocol/ids';
import type { Body, Draft } from '@pulsera/firmware-protocol/journal/entry';
import type { Postings } from '@pulsera/firmware-protocol/money/posting';
import { books } from '@pulsera/firmware-protocol/purse/books';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { Written } from '@pulsera/firmware-protocol/purse/rules';
import type { PendingTap } from '../journal/views.ts';
import type { TapOrder } from './order.ts';

export interface Writing {
  readonly order: TapOrder;
  readonly purse: Purse;
  readonly written: Written;
  /** The sealed image, 20 bytes. */
  readonly after: Uint8Array;
  readonly undone: Postings;
  readonly via: 'box' | 'terminal';
  readonly cloudSeq: Seq;
}

export function pendingDraft(writing: Writing): Draft & { readonly kind: 'tap' } {
  const { order, purse, written, after, undone, via, cloudSeq } = writing;
  const { uid, wallet, generation } = purse.chip;
  const { held, posted } = books(written.effects, wallet, order.till, undone);
  return {
    kind: 'tap',
    body: {
      tap: order.tap,
      sale: order.sale,
      till: order.till,
      operator: order.operator,
      shift: order.shift,
      plan: order.plan,
      cloudSeq,
      via,
      uid,
      wallet,
      generation,
      slot0: purse.slots[0],
      slot1: purse.slots[1],
      from: purse.slot,
      after,
      effects: [...written.effects],
      held,
      posted,
    },
  };
}

type Settlement = Body<'settlement'>;

export function settled(
  write: Pick<PendingTap, 'tap' | 'uid'> & { readonly ref: TapRef },
  outcome: Settlement['outcome'],
  evidence: Settlement['evidence'],
): Draft {
  return { kind: 'settlement', body: { of: write.ref, tap: write.tap, uid: write.uid, outcome, evidence } };
}
