/** What effects must do to the books, worked out anew: the auditor's own, simplest rules. */
import type { Effect, Lines, Tap } from './entry.ts';

class Sheet {
  readonly #lines = new Map<string, number>();

  add(account: string, amountMinor: number): this {
    this.#lines.set(account, (this.#lines.get(account) ?? 0) + amountMinor);
    return this;
  }

  done(): Lines {
    return new Map([...this.#lines].filter(([, amountMinor]) => amountMinor !== 0));
  }
}

/** At once, on the word of the till: cash or card money it took, which belongs to nobody yet. */
export function expectedHeld({ effects, till }: Tap): Lines {
  const sheet = new Sheet();
  for (const effect of effects) {
    if (effect.kind !== 'cash-topup') continue;
    sheet.add(effect.tender === 'cash' ? `cash:${till}` : 'card-clearing', effect.amountMinor);
    sheet.add('topup-suspense', -effect.amountMinor);
  }
  return sheet.done();
}

/** @param undone the tap that a reversal among the effects turns back */
export function expectedPosted(tap: Pick<Tap, 'effects' | 'wallet'>, undone?: Tap): Lines {
  const sheet = new Sheet();
  const main = `wallet-main:${tap.wallet}`;
  for (const effect of tap.effects) {
    if (effect.kind === 'purchase') sell(sheet, effect, tap.wallet);
    if (effect.kind === 'cash-topup')
      sheet.add('topup-suspense', effect.amountMinor).add(main, -effect.amountMinor);
    if (effect.kind === 'cash-out')
      sheet.add(main, effect.amountMinor).add('cashout-payable', -effect.amountMinor);
    if (effect.kind === 'reversal' && undone) {
      for (const [account, amountMinor] of salesOf(undone)) sheet.add(account, -amountMinor);
    }
  }
  return sheet.done();
}

/** What the sales in a tap posted, without its other effects. */
export function salesOf({ effects, wallet }: Tap): Lines {
  return expectedPosted({ effects: effects.filter(({ kind }) => kind === 'purchase'), wallet });
}

function sell(sheet: Sheet, sale: Extract<Effect, { kind: 'purchase' }>, wallet: string): void {
  sheet.add(`wallet-bonus:${wallet}`, sale.bonusMinor);
  sheet.add(`wallet-main:${wallet}`, sale.totalMinor - sale.bonusMinor);
  for (const { quantity, unitMinor, taxRateBp, depositMinor } of sale.lines) {
    const price = quantity * unitMinor;
    const tax = taxIn(price, taxRateBp);
    sheet.add(`revenue:${sale.stand}`, tax - price);
    sheet.add(`tax:${taxRateBp}`, -tax);
    sheet.add('deposit', -quantity * depositMinor);
  }
}

/** The tax that a price contains, to the nearest minor unit, halves away from zero. */
function taxIn(price: number, rateBp: number): number {
  const whole = BigInt(10_000 + rateBp);
  const exact = BigInt(Math.abs(price)) * BigInt(rateBp);
  const tax = exact / whole + (2n * (exact % whole) >= whole ? 1n : 0n);
  return Number(price < 0 ? -tax : tax);
}

export interface Owed {
  readonly mainMinor: number;
  readonly bonusMinor: number;
  readonly postings: Lines;
}

/** What the guest is owed for a tap that ended without a green screen. */
export function owedFor(tap: Tap, outcome: 'posted' | 'dropped'): Owed | undefined {
  const sheet = new Sheet();
  let [mainMinor, bonusMinor] = [0, 0];
  const sales = tap.effects.filter(effect => effect.kind === 'purchase');
  if (outcome === 'posted') {
    for (const sale of sales) {
      mainMinor += sale.totalMinor - sale.bonusMinor;
      bonusMinor += sale.bonusMinor;
    }
    for (const [account, amountMinor] of salesOf(tap)) sheet.add(account, -amountMinor);
  }
  // Cups that were paid out before, and whose money was taken off again.
  const taken = tap.effects.filter(effect => effect.kind === 'reversal' && effect.mainMinor < 0);
  if (outcome === 'posted' && sales.length === 0 && taken.length > 0) {
    for (const effect of taken) if ('mainMinor' in effect) mainMinor -= effect.mainMinor;
    for (const [account, amountMinor] of tap.posted) sheet.add(account, -amountMinor);
  }
  for (const effect of tap.effects) {
    const from =
      effect.kind === 'cash-topup' && outcome === 'dropped'
        ? 'topup-suspense'
        : effect.kind === 'cash-out' && outcome === 'posted'
          ? 'cashout-payable'
          : undefined;
    if (from === undefined || !('amountMinor' in effect)) continue;
    mainMinor += effect.amountMinor;
    sheet.add(from, effect.amountMinor).add(`wallet-main:${tap.wallet}`, -effect.amountMinor);
  }
  if (mainMinor < 0 || mainMinor + bonusMinor <= 0) return undefined;
  return { mainMinor, bonusMinor, postings: sheet.done() };
}

export function sameLines(a: Lines, b: Lines): boolean {
  const nonZero = (lines: Lines) => [...lines].filter(([, amountMinor]) => amountMinor !== 0);
  return nonZero(a).length === nonZero(b).length && nonZero(a).every(([account, n]) => b.get(account) === n);
}
