/**
 * What people at a rehearsed festival want, and when: drawn beforehand, from chance alone, without knowing how any of it goes.
 * Whoever carries an intent out decides at which till, and drops it when it can't be done: a guest without money can't buy, and one
 * whose wristband is lost can only go to the help desk.
 *
 * Times are milliseconds since the doors opened, amounts minor units.
 */
export type Intent = {
  readonly atMs: number;
  /** From 0. */
  readonly guest: number;
} & Wish;

export interface Line {
  readonly product: string;
  readonly quantity: number;
}

type Wish =
  /** Gets a wristband. Always the first. */
  | { readonly what: 'arrive' }
  /** At home, or in the queue. */
  | { readonly what: 'pay-online'; readonly mainMinor: number; readonly bonusMinor: number }
  | { readonly what: 'top-up'; readonly amountMinor: number; readonly tender: 'cash' | 'card' }
  | { readonly what: 'buy'; readonly lines: readonly Line[] }
  | { readonly what: 'look' }
  /** Wants the last round undone. */
  | { readonly what: 'complain' }
  /** From now on the wristband lies somewhere in the grass. */
  | { readonly what: 'lose-wristband' }
  /** Somebody who found that wristband tries to buy with it; `guest` is who lost it. */
  | { readonly what: 'finder-buys'; readonly lines: readonly Line[] }
  /** At the help desk, for another one. */
  | { readonly what: 'replace-wristband' }
  /** Null: all that may be paid out. */
  | { readonly what: 'cash-out'; readonly amountMinor: number | null }
  /** Always the last. */
  | { readonly what: 'go-home' };
