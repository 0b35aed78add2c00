/**
 * What may happen to the money on a chip: pure rules from one holding to the next, each with the effect it journals.
 * `write` strings several together into one image, since page writes are what a guest waits for.
 */
import type { Effect } from '../journal/effect.ts';
import { type Decline, declined } from './decline.ts';
import { type Image, MAX_COUNTER, MAX_CREDIT_NUMBER, MAX_MINOR } from './image.ts';

/** The part of an image that rules change. */
export type Holding = Pick<Image, 'balanceMinor' | 'bonusMinor' | 'creditNumber'>;

export interface Step {
  readonly kind: 'step';
  readonly holding: Holding;
  readonly effect: Effect;
}
export type Rule = (holding: Holding) => Step | Decline;

/** Limits from the plan; a purse can't hold more than u24 whatever the plan says. */
export interface ChipCaps {
  /** Most that one charge may take. */
  readonly chargeMinor: number;
  /** Most that main and bonus may come to after a top-up. Credits and reversals are owed already and may pass it. */
  readonly chipMinor: number;
}

type Purchase = Extract<Effect, { kind: 'purchase' }>;

/** Pays a cart: bonus first, then main. A negative total (cups coming back) goes to main. */
export function charge(sale: Omit<Purchase, 'kind' | 'bonusMinor'>, caps: ChipCaps): Rule {
  return holding => {
    const { totalMinor } = sale;
    if (totalMinor > caps.chargeMinor) return declined('charge-cap', { limitMinor: caps.chargeMinor });
    const bonusMinor = Math.max(0, Math.min(holding.bonusMinor, totalMinor));
    const balanceMinor = holding.balanceMinor - (totalMinor - bonusMinor);
    if (balanceMinor < 0) return declined('insufficient-balance', { missingMinor: -balanceMinor });
    if (balanceMinor > MAX_MINOR) return declined('chip-cap', { limitMinor: MAX_MINOR });
    return {
      kind: 'step',
      holding: { ...holding, balanceMinor, bonusMinor: holding.bonusMinor - bonusMinor },
      effect: { kind: 'purchase', ...sale, bonusMinor },
    };
  };
}

/** Puts money taken at a till on the chip. */
export function topUp(amountMinor: number, tender: 'cash' | 'card', caps: ChipCaps): Rule {
  return holding => {
    const limitMinor = Math.min(caps.chipMinor, MAX_MINOR);
    const balanceMinor = holding.balanceMinor + amountMinor;
    if (balanceMinor + holding.bonusMinor > limitMinor) return declined('chip-cap', { limitMinor });
    return {
      kind: 'step',
      holding: { ...holding, balanceMinor },
      effect: { kind: 'cash-topup', amountMinor, tender },
    };
  };
}

/** One row of a wallet's credit list. */
export interface Credit {
  readonly number: number;
  readonly mainMinor: number;
  readonly bonusMinor: number;
}

/**
 * Loads the online credits the chip doesn't have yet. Undefined when there are none to load, or the next one is missing:
 * numbers are loaded without gaps, so that the number on the chip says exactly what was loaded. The rule stands first in
 * its write. @throws RangeError (the rule) when used on a holding with another credit number.
 */
export function creditsToLoad(holding: Holding, list: readonly Credit[]): Rule | undefined {
  const open: Credit[] = [];
  let { balanceMinor, bonusMinor } = holding;
  for (const credit of [...list].sort((a, b) => a.number - b.number)) {
    const next = holding.creditNumber + open.length + 1;
    if (credit.number < next) continue;
    if (credit.number > next || next > MAX_CREDIT_NUMBER) break;
    balanceMinor += credit.mainMinor;
    bonusMinor += credit.bonusMinor;
    // What doesn't fit on the chip now stays online until there is room.
    if (balanceMinor > MAX_MINOR || bonusMinor > MAX_MINOR) break;
    open.push(credit);
  }
  const last = open.at(-1);
  if (!last) return undefined;
  const mainMinor = open.reduce((sum, credit) => sum + credit.mainMinor, 0);
  const addedBonusMinor = open.reduce((sum, credit) => sum + credit.bonusMinor, 0);
  return from => {
    const loaded = {
      balanceMinor: from.balanceMinor + mainMinor,
      bonusMinor: from.bonusMinor + addedBonusMinor,
      creditNumber: last.number,
    };
    if (from.creditNumber !== holding.creditNumber) throw new RangeError('these credits are loaded already');
    if (Math.max(loaded.balanceMinor, loaded.bonusMinor) > MAX_MINOR)
      return declined('chip-cap', { limitMinor: MAX_MINOR });
    return {
      kind: 'step',
      holding: loaded,
      effect: {
        kind: 'credit-load',
        from: holding.creditNumber,
        to: last.number,
        mainMinor,
        bonusMinor: addedBonusMinor,
      },
    };
  };
}

type Reversal = Extract<Effect, { kind: 'reversal' }>;

/** Undoes a sale on the chip that paid it: main and bonus go back where they came from. */
export function reversal(undone: Omit<Reversal, 'kind'>): Rule {
  return holding => {
    const balanceMinor = holding.balanceMinor + undone.mainMinor;
    const bonusMinor = holding.bonusMinor + undone.bonusMinor;
    if (balanceMinor < 0) return declined('insufficient-balance', { missingMinor: -balanceMinor });
    if (Math.max(balanceMinor, bonusMinor) > MAX_MINOR)
      return declined('chip-cap', { limitMinor: MAX_MINOR });
    return {
      kind: 'step',
      holding: { ...holding, balanceMinor, bonusMinor },
      effect: { kind: 'reversal', ...undone },
    };
  };
}

/** Takes money off the chip to be paid out in cash. Bonus is never paid out. @param amountMinor all of it when undefined. */
export function cashOut(amountMinor?: number): Rule {
  return holding => {
    if (holding.balanceMinor === 0) return declined('cash-out-nothing');
    const takenMinor = amountMinor ?? holding.balanceMinor;
    const balanceMinor = holding.balanceMinor - takenMinor;
    if (balanceMinor < 0) return declined('insufficient-balance', { missingMinor: -balanceMinor });
    return {
      kind: 'step',
      holding: { ...holding, balanceMinor },
      effect: { kind: 'cash-out', amountMinor: takenMinor },
    };
  };
}

export interface Written {
  readonly kind: 'write';
  readonly image: Image;
  readonly effects: readonly Effect[];
}

/**
 * One image out of several rules, in order: any decline declines the whole write.
 * @param nonce random u16; moved on when it is one of the two on the chip, so that the new image is a new one.
 */
export function write(
  purse: { readonly current: Image; readonly otherNonce: number },
  rules: readonly Rule[],
  keySet: Image['keySet'],
  nonce: number,
): Written | Decline {
  const { current, otherNonce } = purse;
  let holding: Holding = current;
  const effects: Effect[] = [];
  for (const rule of rules) {
    const result = rule(holding);
    if (result.kind === 'declined') return result;
    holding = result.holding;
    effects.push(result.effect);
  }
  if (current.counter >= MAX_COUNTER) return declined('counter-exhausted');
  let fresh = nonce;
  while (fresh === current.nonce || fresh === otherNonce) fresh = (fresh + 1) % 0x1_0000;
  const { balanceMinor, bonusMinor, creditNumber } = holding;
  return {
    kind: 'write',
    image: { counter: current.counter + 1, nonce: fresh, balanceMinor, bonusMinor, creditNumber, keySet },
    effects,
  };
}
