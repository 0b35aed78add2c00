/**
 * The answer to a tap, made from what stands in the journal and nothing else: so it is the same again after a crash between
 * settlement and answer, and the tenth time it is asked for.
 */
import type { TapId } from '@pulsera/firmware-protocol/ids';
import { takenMinor } from '@pulsera/firmware-protocol/journal/effect';
import type { TapBody } from '@pulsera/firmware-protocol/journal/entry';
import { DECLINES, type Decline } from '@pulsera/firmware-protocol/purse/decline';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import type { Holding } from '@pulsera/firmware-protocol/purse/rules';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { TapRecord } from '../journal/views.ts';

/** Undefined while nothing is decided, or when the write was dropped: then the tap may go on. */
export function answerOf(record: TapRecord): TapResult | undefined {
  const { entry, state, abandoned } = record;
  // Abandoned stays abandoned: the guest was let go without a green screen, and gets back whatever it turns out to have taken.
  if (abandoned) return cancelled(entry.body.tap, 'unsettled');
  return state === 'posted' ? approved(entry.body) : undefined;
}

export function approved({ tap, effects, after }: Pick<TapBody, 'tap' | 'effects' | 'after'>): TapResult {
  const { balanceMinor, bonusMinor } = imageFields(after);
  return {
    tapId: tap,
    outcome: 'approved',
    amountMinor: takenMinor(effects),
    loadedMinor: effects.reduce(
      (sum, effect) => sum + (effect.kind === 'credit-load' ? effect.mainMinor + effect.bonusMinor : 0),
      0,
    ),
    balanceMinor,
    bonusMinor,
  };
}

/** A look at a wristband that had nothing to be written. */
export function shown(tap: TapId, { balanceMinor, bonusMinor }: Holding): TapResult {
  return { tapId: tap, outcome: 'approved', amountMinor: 0, loadedMinor: 0, balanceMinor, bonusMinor };
}

export function refused(tap: TapId, { reason, figures }: Decline, holding?: Holding): TapResult {
  return {
    tapId: tap,
    outcome: 'declined',
    reason,
    message: DECLINES[reason],
    figures,
    balanceMinor: holding?.balanceMinor ?? null,
    bonusMinor: holding?.bonusMinor ?? null,
  };
}

export function cancelled(tap: TapId, chip: 'untouched' | 'unsettled'): TapResult {
  return { tapId: tap, outcome: 'cancelled', chip };
}
