/** Whether a tap's entry agrees with itself. It is kept either way: a journal is evidence, also against its box. */
import type { TapBody } from '@pulsera/firmware-protocol/journal/entry';
import type { Postings } from '@pulsera/firmware-protocol/money/posting';
import { books } from '@pulsera/firmware-protocol/purse/books';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import { saleTerms } from '@pulsera/firmware-protocol/purse/reversal-right';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';

export const TAP_FLAWS = {
  counter: 'The counter does not follow the image before.',
  slot: 'The image was not written to the slot of its parity.',
  main: 'The effects do not come to the new balance.',
  bonus: 'The effects do not come to the new bonus.',
  'credit-number': 'The effects do not come to the new credit number.',
  postings: 'The postings are not those of the effects.',
  credits: 'Credits were loaded that the list does not have.',
  'undone-unknown': 'It reverses a tap that nobody journaled.',
  'undone-other': 'It reverses a sale that another wristband paid.',
  'undone-amounts': 'It gives back other amounts than were paid.',
  right: 'It reverses a sale that was not its to reverse: that right was with another box, or with none.',
} as const;
export type TapFlaw = keyof typeof TAP_FLAWS;

/** What the check needs beside the tap: looked up only where an effect asks for it. */
export interface TapContext {
  readonly undone: TapBody | undefined;
  /** By the cloud's journal as far as its box obeyed it. */
  readonly mayReverse: boolean;
  /** The credit list of the tap's wallet and generation. */
  readonly credits: readonly Credit[];
}

const BLANK = { counter: -1, balanceMinor: 0, bonusMinor: 0, creditNumber: 0 };

export function tapFlaws(tap: TapBody, context: TapContext): readonly TapFlaw[] {
  const flaws: TapFlaw[] = [];
  const before = tap.from === null ? BLANK : imageFields(tap.from === 0 ? tap.slot0 : tap.slot1);
  const after = imageFields(tap.after);
  if (after.counter !== before.counter + 1) flaws.push('counter');
  if (tap.from !== null && before.counter % 2 !== tap.from) flaws.push('slot');
  const sum = {
    balanceMinor: before.balanceMinor,
    bonusMinor: before.bonusMinor,
    creditNumber: before.creditNumber,
  };
  for (const effect of tap.effects) {
    switch (effect.kind) {
      case 'purchase':
        sum.balanceMinor -= effect.totalMinor - effect.bonusMinor;
        sum.bonusMinor -= effect.bonusMinor;
        break;
      case 'cash-topup':
        sum.balanceMinor += effect.amountMinor;
        break;
      case 'credit-load':
        sum.balanceMinor += effect.mainMinor;
        sum.bonusMinor += effect.bonusMinor;
        if (effect.from !== sum.creditNumber || !areCredits(effect, context.credits)) flaws.push('credits');
        sum.creditNumber = effect.to;
        break;
      case 'reversal':
        sum.balanceMinor += effect.mainMinor;
        sum.bonusMinor += effect.bonusMinor;
        flaws.push(...reversalFlaws(effect, tap, context));
        break;
      case 'cash-out':
        sum.balanceMinor -= effect.amountMinor;
        break;
      case 'issue':
        break;
    }
  }
  if (after.balanceMinor !== sum.balanceMinor) flaws.push('main');
  if (after.bonusMinor !== sum.bonusMinor) flaws.push('bonus');
  if (after.creditNumber !== sum.creditNumber) flaws.push('credit-number');
  const due = books(tap.effects, tap.wallet, tap.till, context.undone && saleTerms(context.undone)?.undone);
  if (!samePostings(due.held, tap.held) || !samePostings(due.posted, tap.posted)) flaws.push('postings');
  return flaws;
}

type Reversal = Extract<TapBody['effects'][number], { kind: 'reversal' }>;

function reversalFlaws(
  { mainMinor, bonusMinor }: Reversal,
  { uid }: TapBody,
  { undone, mayReverse }: TapContext,
): TapFlaw[] {
  const flaws: TapFlaw[] = mayReverse ? [] : ['right'];
  if (!undone) return [...flaws, 'undone-unknown'];
  const paid = saleTerms(undone) ?? { mainMinor: 0, bonusMinor: 0 };
  if (undone.uid !== uid) flaws.push('undone-other');
  if (paid.mainMinor !== mainMinor || paid.bonusMinor !== bonusMinor) flaws.push('undone-amounts');
  return flaws;
}

type Load = Extract<TapBody['effects'][number], { kind: 'credit-load' }>;

function areCredits({ from, to, mainMinor, bonusMinor }: Load, list: readonly Credit[]): boolean {
  const loaded = list.filter(({ number }) => number > from && number <= to);
  const total = (of: (credit: Credit) => number) => loaded.reduce((sum, credit) => sum + of(credit), 0);
  return (
    to > from &&
    loaded.length === to - from &&
    total(credit => credit.mainMinor) === mainMinor &&
    total(credit => credit.bonusMinor) === bonusMinor
  );
}

function samePostings(a: Postings, b: Postings): boolean {
  return (
    a.length === b.length &&
    a.every((line, i) => line.account === b[i]?.account && line.amountMinor === b[i]?.amountMinor)
  );
}
