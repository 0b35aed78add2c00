/** A box asks the cloud for the right to reverse a sale that is not its own to reverse: `POST /v1/edge/reversals`. */
import { z } from 'zod';
import { BoxId, ChipUid, Seq, TapId } from '../ids.ts';
import { RIGHT_REFUSALS } from '../purse/reversal-right.ts';

/** The wristband lies there: by its history the cloud finds the tap, and no other wristband's sale can be meant. */
export const ReversalQuestion = z.strictObject({ tap: TapId, uid: ChipUid });
export type ReversalQuestion = z.infer<typeof ReversalQuestion>;

/**
 * The answer grants nothing by itself: the right, with the sale's terms, is an entry of the cloud's signed journal, and the box has it
 * when it obeys that entry.
 */
export const ReversalAnswer = z.discriminatedUnion('outcome', [
  /** `cloudSeq`: where the cloud's journal says so. */
  z.strictObject({ outcome: z.literal('granted'), cloudSeq: Seq }),
  /** That box has yet to show that it knows of the withdrawal. Ask again. */
  z.strictObject({ outcome: z.literal('wait'), box: BoxId }),
  z.strictObject({
    outcome: z.literal('refused'),
    reason: z.enum(RIGHT_REFUSALS),
    /** The box that it hangs on; null when the sale is unknown. */
    box: BoxId.nullable(),
    /** Since when the cloud hasn't heard that box, epoch milliseconds; null while it does, and of a box never heard. */
    sinceMs: z.int().nullable(),
    /** How many boxes the cloud doesn't hear: an unknown sale may stand in a journal of theirs. */
    boxesCutOff: z.int().min(0),
  }),
]);
export type ReversalAnswer = z.infer<typeof ReversalAnswer>;
