/**
 * A reader behind a till, over MQTT: the box sends whole scripts, the till's side runs them as they are. Keys and rules
 * stay on the box; what comes back is the till's claim, and is journaled as such.
 */
import { z } from 'zod';
import { ChipUid } from '../ids.ts';

const frame = z.string().regex(/^(?:[0-9a-f]{2}){0,128}$/, 'hex of at most 128 bytes');

/** `till/{id}/reader/script` */
export const ReaderScript = z.strictObject({
  script: z.int().min(0),
  /**
   * As in the `present` that this script is meant for. With another chip in the field by now, nothing is run and the
   * answer is `removed`: what was decided for one chip must never be written to the next.
   */
  presence: z.int().min(0),
  steps: z
    .array(
      z.strictObject({
        bytes: frame,
        expected: z.union([
          z.strictObject({ bytes: frame }),
          z.strictObject({ length: z.int().min(0).max(128) }),
        ]),
      }),
    )
    .min(1)
    .max(64),
});
export type ReaderScript = z.infer<typeof ReaderScript>;

/** `till/{id}/reader/answer`: to the script of that number. */
export const ReaderAnswer = z.strictObject({
  script: z.int().min(0),
  answers: z.array(frame).max(64),
  stopped: z.enum(['mismatch', 'removed', 'reader']).nullable(),
});
export type ReaderAnswer = z.infer<typeof ReaderAnswer>;

/** `till/{id}/reader/field`: what the reader's field holds. */
export const ReaderField = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('present'), uid: ChipUid, presence: z.int().min(0) }),
  z.strictObject({ kind: z.literal('removed') }),
  z.strictObject({ kind: z.literal('unsupported'), reason: z.enum(['several-chips', 'foreign-chip']) }),
  z.strictObject({ kind: z.literal('up') }),
  z.strictObject({ kind: z.literal('down'), reason: z.string().max(200) }),
]);
export type ReaderField = z.infer<typeof ReaderField>;
