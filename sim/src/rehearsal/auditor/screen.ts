/** What a till's screen says, read from the message as docs/wire.md describes it, by a schema of the auditor's own. */
import { z } from 'zod';

const Approved = z.object({
  tapId: z.string(),
  outcome: z.literal('approved'),
  amountMinor: z.int(),
  loadedMinor: z.int(),
  balanceMinor: z.int(),
  bonusMinor: z.int(),
});
const Declined = z.object({
  tapId: z.string(),
  outcome: z.literal('declined'),
  reason: z.string(),
  balanceMinor: z.int().nullable(),
  bonusMinor: z.int().nullable(),
});
const Cancelled = z.object({
  tapId: z.string(),
  outcome: z.literal('cancelled'),
  chip: z.enum(['untouched', 'unsettled']),
});
const Failed = z.object({ tapId: z.string(), outcome: z.literal('fault'), code: z.string() });
const Asks = z.object({ tapId: z.string(), ask: z.string(), reason: z.string().nullable() });
const OfRequest = z.object({ requestId: z.string().nullable(), outcome: z.string() });

export type Green = z.infer<typeof Approved>;
const Screen = z.union([Approved, Declined, Cancelled, Failed, Asks, OfRequest]);
export type Screen = z.infer<typeof Screen>;
/** An answer to a tap, or a prompt of one. */
export type TapScreen = Extract<Screen, { tapId: string }>;

/** Undefined for what no till could show. */
export function readScreen(message: unknown): Screen | undefined {
  const { data } = Screen.safeParse(message);
  return data;
}
