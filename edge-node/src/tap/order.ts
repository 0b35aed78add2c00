/** What a stand asks of a tap. The tap flow knows neither prices nor zones: what may happen to the purse is `decide`'s word. */
import type {
  ChipUid,
  KeySetNumber,
  OperatorId,
  PlanVersion,
  SaleId,
  ShiftId,
  TapId,
  TillId,
} from '@pulsera/firmware-protocol/ids';
import type { Postings } from '@pulsera/firmware-protocol/money/posting';
import type { Decline, DeclineReason } from '@pulsera/firmware-protocol/purse/decline';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import type { Holding, Rule } from '@pulsera/firmware-protocol/purse/rules';
import type { CapLimits } from './caps.ts';
import type { Patience } from './patience.ts';

export interface TapOrder {
  readonly tap: TapId;
  readonly sale: SaleId | null;
  readonly till: TillId;
  readonly operator: OperatorId | null;
  readonly shift: ShiftId | null;
  readonly plan: PlanVersion;
  /** Digest of what was asked, 32 bytes: the same tap id with another one is refused. */
  readonly request: Uint8Array;
  /** How long to wait for a wristband, and once more after each torn write, milliseconds. */
  readonly waitMs: number;
  readonly patience: Patience;
  /** Key sets whose images count, by the plan. */
  readonly keySets: readonly KeySetNumber[];
  readonly limits: CapLimits;
  readonly decide: Decide;
}

/**
 * Pure. @param holding what the rules start from: the chip's, with online credits that this write loads added.
 * No rules and no credit to load: nothing is written.
 */
export type Decide = (purse: Purse, holding: Holding) => Decision | Decline | Inquiry;

/** It can't be decided before somebody else was asked. Then the wristband is looked at once more, and it is decided anew. */
export interface Inquiry {
  readonly kind: 'inquiry';
  /** Shown meanwhile, and in the end, should asking lead nowhere. */
  readonly reason: DeclineReason;
  /** @returns why not; undefined when it is worth deciding again. @param signal the time is up, or the tap was given up */
  make(uid: ChipUid, signal: AbortSignal): Promise<Decline | undefined>;
}

export interface Decision {
  readonly kind: 'decided';
  readonly rules: readonly Rule[];
  /** Comes off the chip for goods or cash; 0 or less when money goes on it. */
  readonly takesMinor: number;
  /** What a reversal undoes: the `posted` lines of the sale. */
  readonly undone?: Postings;
}
