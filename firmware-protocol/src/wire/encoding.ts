/**
 * What the process that holds an event's keys and makes wristbands (`edge encode`) and the one that a person works with
 * (`provision wristbands`) say to each other over IPC. No key crosses here: orders go in, wristbands and refusals come out. A chip is
 * touched only after the other side has said that it has written down which wristband is about to be made.
 */
import { z } from 'zod';
import { ChipUid, EventId, KeySetNumber, TenantId, WalletId } from '../ids.ts';
import { Wristband } from '../wristband.ts';
import { ReaderAnswer, ReaderField, ReaderScript } from './reader-link.ts';

/** As `WristbandOutcome`, without what only the keys' holder needs. */
export const EncodingOutcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('made'), wristband: Wristband }),
  z.strictObject({ kind: z.literal('already-ours'), wristband: Wristband }),
  z.strictObject({ kind: z.literal('in-use'), uid: ChipUid, wallet: WalletId }),
  z.strictObject({
    kind: z.enum(['damaged', 'foreign', 'wrong-chip', 'locked', 'torn', 'unreadable', 'removed']),
    uid: ChipUid,
  }),
  z.strictObject({ kind: z.literal('reader-down') }),
]);
export type EncodingOutcome = z.infer<typeof EncodingOutcome>;

export const FromEncoder = z.discriminatedUnion('kind', [
  /** Keys and reader are there. Told once; then readers come and go. */
  z.strictObject({
    kind: z.literal('ready'),
    tenantId: TenantId,
    eventId: EventId,
    keySet: KeySetNumber,
    /** The data folder of the station, absolute: where its notes belong. */
    folder: z.string(),
    /** Where to report; `caFile` is the authority behind its certificate, null for the system's. */
    cloud: z.strictObject({ url: z.string(), caFile: z.string().nullable() }),
  }),
  z.strictObject({
    kind: z.literal('reader'),
    name: z.string(),
    isUp: z.boolean(),
    why: z.string().nullable(),
  }),
  /** Nothing the encoder can hold: several chips, or one that isn't of this kind at all. */
  z.strictObject({ kind: z.literal('unsupported'), reason: z.enum(['several-chips', 'foreign-chip']) }),
  /** This is about to be written. Waits for `go`. */
  z.strictObject({ kind: z.literal('begun'), wristband: Wristband }),
  /** How it ended. Waits for `next`. */
  z.strictObject({ kind: z.literal('outcome'), outcome: EncodingOutcome }),
  /** For a reader that the other side holds. */
  z.strictObject({ kind: z.literal('script'), script: ReaderScript }),
]);
export type FromEncoder = z.infer<typeof FromEncoder>;

export const ToEncoder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('go') }),
  z.strictObject({ kind: z.literal('next') }),
  z.strictObject({ kind: z.literal('field'), field: ReaderField }),
  z.strictObject({ kind: z.literal('answer'), answer: ReaderAnswer }),
  z.strictObject({ kind: z.literal('stop') }),
]);
export type ToEncoder = z.infer<typeof ToEncoder>;
