/**
 * Reversing a sale: once, by the box whose right it is. Of its own sales a box has the right until the cloud withdraws it; for any
 * other it asks, and acts upon what the cloud's journal then says: `purse/reversal-right.ts`. A box whose disk was put back from a
 * copy may have forgotten what it reversed, and asks about all that is older than that.
 */
import type { ChipUid, Epoch, TapId, TapRef } from '@pulsera/firmware-protocol/ids';
import { type Decline, type DeclineReason, declined } from '@pulsera/firmware-protocol/purse/decline';
import {
  mayReverse,
  type RightRefusal,
  type SaleTerms,
  saleTerms,
} from '@pulsera/firmware-protocol/purse/reversal-right';
import { reversal } from '@pulsera/firmware-protocol/purse/rules';
import type { ReversalAnswer, ReversalQuestion } from '@pulsera/firmware-protocol/wire/reversal';
import type { TillRequestOf } from '@pulsera/firmware-protocol/wire/till';
import type { Journal } from '../journal/journal.ts';
import type { Views } from '../journal/views.ts';
import type { Decide, Inquiry } from '../tap/order.ts';

/** `late`: it took too long, or was given up; `unreachable`: nobody there who could answer. */
export type RightAnswer =
  | Exclude<ReversalAnswer, { outcome: 'wait' }>
  | { readonly outcome: 'late' | 'unreachable' };

/** Asks the cloud until there is an answer. A right that is granted stands in the journal when this resolves. */
export type AskForRight = (question: ReversalQuestion, signal: AbortSignal) => Promise<RightAnswer>;

export interface Reversing {
  readonly journal: Pick<Journal, 'box' | 'epoch' | 'epochs' | 'views'>;
  /** What the cloud has said yes to since this box was started, and in which epoch. */
  readonly confirmed: Map<TapId, Epoch>;
  readonly isCutOff: () => boolean;
  readonly askForRight: AskForRight;
}

/** What is known of the sale at this moment, here. */
type Standing =
  | { readonly kind: 'ours'; readonly sale: TapRef; readonly terms: SaleTerms }
  /** `without`: what to say where the cloud can't be asked. */
  | { readonly kind: 'ask'; readonly without: Decline }
  | Decline;

/** A decline where no wristband is needed to see it. */
export function toReverse(request: TillRequestOf<'reverse'>, reversing: Reversing): Decide | Decline {
  const { tapId, ofTapId } = request;
  const first = standing(reversing, tapId, ofTapId);
  if (first.kind === 'declined') return first;
  if (first.kind === 'ask' && reversing.isCutOff()) return first.without;
  return ({ chip }) => {
    // Looked at once more: another till may have been quicker while this one waited for the wristband, or the cloud may have spoken.
    const now = standing(reversing, tapId, ofTapId);
    if (now.kind === 'declined') return now;
    if (now.kind === 'ask') return inquiry(reversing, ofTapId, now.without);
    const { sale, terms } = now;
    if (chip.uid !== terms.uid) return declined('reversal-other-chip');
    const { mainMinor, bonusMinor, undone } = terms;
    const rules = [reversal({ of: sale, ofTap: ofTapId, mainMinor, bonusMinor })];
    return { kind: 'decided', rules, takesMinor: -(mainMinor + bonusMinor), undone };
  };
}

/** Once, by one tap, only what was sold and shown as approved, and only where nothing of what was done about it may be missing. */
function standing(reversing: Reversing, tap: TapId, of: TapId): Standing {
  const known = rightHere(reversing, tap, of);
  if (known.kind !== 'ours' || knowsAll(reversing, of, known.sale)) return known;
  return { kind: 'ask', without: declined('reversal-needs-cloud') };
}

/** An epoch was begun because this disk lacked something: of a sale that is older than that, its reversal may be among it. */
function knowsAll({ journal, confirmed }: Reversing, of: TapId, { box, epoch }: TapRef): boolean {
  const isOfThisEpoch = box === journal.box && epoch === journal.epoch;
  return isOfThisEpoch || journal.epochs().length === 1 || confirmed.get(of) === journal.epoch;
}

function rightHere({ journal: { box, views } }: Reversing, tap: TapId, of: TapId): Standing {
  const record = views.tapAnswer(of);
  if (record === undefined) {
    const grant = views.grantOf(of);
    if (grant === undefined) return { kind: 'ask', without: declined('reversal-needs-cloud') };
    return once(views, tap, { kind: 'ours', ...grant });
  }
  const terms = saleTerms(record.entry.body);
  if (terms === undefined || record.state !== 'posted' || record.abandoned)
    return declined('reversal-unknown');
  const right = views.reversalRight(record.ref);
  const ours = once(views, tap, { kind: 'ours', sale: record.ref, terms });
  if (ours.kind === 'declined' || mayReverse(box, right)) return ours;
  return { kind: 'ask', without: declined('reversal-elsewhere', { box: right.holder ?? right.last }) };
}

function once(views: Views, tap: TapId, ours: Extract<Standing, { kind: 'ours' }>): Standing {
  const by = views.reversalOf(ours.sale);
  return by !== undefined && by !== tap ? declined('reversal-done') : ours;
}

const inquiry = ({ askForRight, journal, confirmed }: Reversing, tap: TapId, without: Decline): Inquiry => ({
  kind: 'inquiry',
  reason: 'reversal-waiting',
  make: async (uid: ChipUid, signal: AbortSignal) => {
    const answer = await askForRight({ tap, uid }, signal);
    switch (answer.outcome) {
      case 'granted':
        confirmed.set(tap, journal.epoch);
        return undefined;
      case 'late':
        return declined('reversal-waiting');
      case 'unreachable':
        return without;
      case 'refused':
        return declined(REFUSED[answer.reason], figuresOf(answer));
    }
  },
});

const REFUSED: Readonly<Record<RightRefusal, DeclineReason>> = {
  unknown: 'reversal-unknown',
  done: 'reversal-done',
  'under-way': 'reversal-under-way',
  'cut-off': 'reversal-cut-off',
};

function figuresOf(refused: Extract<RightAnswer, { outcome: 'refused' }>): Record<string, number> {
  const { box, sinceMs, boxesCutOff } = refused;
  return {
    ...(box === null ? { boxesCutOff } : { box }),
    ...(sinceMs === null ? {} : { sinceMs }),
  };
}
