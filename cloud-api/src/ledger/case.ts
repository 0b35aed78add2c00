/** A case: something staff must look at. It is about one subject, so that the same finding made twice stays one case. */
import { ChipUid, type TapRef } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';

export const CASE_KINDS = {
  fork: 'Two taps left from one image: the wristband was copied, or rolled back.',
  forgery: 'A tap started from an image that no journal made.',
  'posted-again': 'A write that its box had reported as dropped was found on the chip.',
  'entry-inconsistent': 'An entry does not agree with itself, with the chip it names, or with another entry.',
  'wallet-claimed': 'A box met a chip that nobody registered, under a wallet that is another chip’s.',
  'reversed-twice': 'A sale was reversed more than once.',
  'give-back-stuck': 'Money is owed for an abandoned tap, and the credit list has no room for it.',
  'release-stuck':
    'What was held back of a replaced wristband is due, and the credit list has no room for it.',
  'replaced-chip-moved': 'A replaced wristband was used after its balance had moved to the next one.',
  'journal-forked': 'A box sent other entries than it had sent before under the same numbers.',
  'journal-revoked': 'A revoked box sent more of its journal.',
} as const;
export type CaseKind = keyof typeof CASE_KINDS;

export interface CaseDraft {
  readonly kind: CaseKind;
  /** What it is about, unique within the kind: an image, a tap, a journal. */
  readonly subject: string;
  readonly uid: ChipUid | null;
  readonly refs: readonly TapRef[];
  readonly detail: Readonly<Record<string, string | number>>;
  /** At most this much is lost by it, as far as is known; null where it costs nobody anything. A fork's is more when it is read: `fork-bound.ts`. */
  readonly lossBoundMinor: number | null;
}

/** As it is on file. */
export const Case = z.strictObject({
  number: z.int(),
  kind: z.string(),
  subject: z.string(),
  uid: ChipUid.nullable(),
  refs: z.array(z.strictObject({ box: z.int(), epoch: z.int(), seq: z.int() })),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  lossBoundMinor: z.int().nullable(),
  openedAtMs: z.int(),
  state: z.enum(['open', 'closed']),
});
export type Case = z.infer<typeof Case>;
