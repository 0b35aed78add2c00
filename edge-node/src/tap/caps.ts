/**
 * The caps of a box and of a till, both over what the cloud hasn't acknowledged yet: a clone, or a till that lies, is found
 * when journals meet, so this is the most that can be lost until then. (A charge's and a chip's own caps are purse rules.)
 */
import { DECLINES, type Decline, declined } from '@pulsera/firmware-protocol/purse/decline';
import type { Exposure } from '../journal/views.ts';

/** From the plan. */
export interface CapLimits {
  /** Most that a box takes off chips while it is cut off. */
  readonly boxOfflineMinor: number;
  /** Most that moves, up or down, through one till whose reader is its own. */
  readonly terminalMinor: number;
}

export interface Situation {
  readonly via: 'box' | 'terminal';
  readonly isCutOff: boolean;
}

/** @param takesMinor off the chip when positive. Giving is never held back by the box's cap: it makes no clone richer. */
export function overCap(
  takesMinor: number,
  { via, isCutOff }: Situation,
  exposure: Exposure,
  limits: CapLimits,
): Decline | undefined {
  const terminalMinor = limits.terminalMinor + exposure.terminalExtendedMinor;
  if (via === 'terminal' && exposure.movedMinor + Math.abs(takesMinor) > terminalMinor) {
    return declined('terminal-cap', { limitMinor: terminalMinor });
  }
  const boxMinor = limits.boxOfflineMinor + exposure.boxExtendedMinor;
  if (isCutOff && takesMinor > 0 && exposure.takenMinor + takesMinor > boxMinor) {
    return declined('box-cap', { limitMinor: boxMinor });
  }
  return undefined;
}

/** Share of what a cut-off box may take, in percent, rounded down; 0 while it isn't cut off. */
export function offlineCapPercent(exposure: Exposure, limits: CapLimits, isCutOff: boolean): number {
  if (!isCutOff) return 0;
  const limitMinor = limits.boxOfflineMinor + exposure.boxExtendedMinor;
  return limitMinor <= 0 ? 100 : Math.floor((100 * Math.max(0, exposure.takenMinor)) / limitMinor);
}

const ORDER = Object.keys(DECLINES);

/** Of several declines the one that comes first in the documented order: the one the operator reads. */
export function earliest(...declines: readonly (Decline | undefined)[]): Decline | undefined {
  const found = declines.filter(decline => decline !== undefined);
  return found.sort((a, b) => ORDER.indexOf(a.reason) - ORDER.indexOf(b.reason))[0];
}
