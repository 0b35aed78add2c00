/** Pure: from a purse and what is known of its wallet and this till to the next image, or to why not. */
import type { KeySetNumber } from '@pulsera/firmware-protocol/ids';
import type { Postings } from '@pulsera/firmware-protocol/money/posting';
import type { Decline } from '@pulsera/firmware-protocol/purse/decline';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import {
  type Credit,
  creditsToLoad,
  type Holding,
  type Rule,
  type Written,
  write,
} from '@pulsera/firmware-protocol/purse/rules';
import type { Exposure } from '../journal/views.ts';
import { earliest, overCap, type Situation } from './caps.ts';
import type { Inquiry, TapOrder } from './order.ts';

export interface TapFacts extends Situation {
  /** The wallet's list beyond the number on the chip. */
  readonly credits: readonly Credit[];
  readonly exposure: Exposure;
}

export type Decided =
  /** `holding`: what could have been spent, for the screen. */
  | { readonly kind: 'declined'; readonly decline: Decline; readonly holding: Holding }
  | { readonly kind: 'nothing' }
  | Inquiry
  | { readonly kind: 'write'; readonly written: Written; readonly undone: Postings };

/** Online credits not on the chip yet are loaded first, in the same write. */
export function decideTap(
  order: Pick<TapOrder, 'decide' | 'limits'>,
  purse: Purse,
  keySet: KeySetNumber,
  nonce: number,
  facts: TapFacts,
): Decided {
  const load = creditsToLoad(purse.current, facts.credits);
  const holding = load ? after(load, purse.current) : purse.current;
  const decision = order.decide(purse, holding);
  if (decision.kind === 'declined') return { kind: 'declined', decline: decision, holding };
  if (decision.kind === 'inquiry') return decision;
  const rules = load ? [load, ...decision.rules] : decision.rules;
  if (rules.length === 0) return { kind: 'nothing' };
  const written = write(purse, rules, keySet, nonce);
  const decline = earliest(
    overCap(decision.takesMinor, facts, facts.exposure, order.limits),
    written.kind === 'declined' ? written : undefined,
  );
  if (decline || written.kind === 'declined') {
    return { kind: 'declined', decline: decline ?? (written as Decline), holding };
  }
  return { kind: 'write', written, undone: decision.undone ?? [] };
}

function after(rule: Rule, holding: Holding): Holding {
  const step = rule(holding);
  return step.kind === 'step' ? step.holding : holding;
}
