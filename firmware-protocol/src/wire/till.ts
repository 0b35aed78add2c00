/**
 * What a till and its box say to each other over MQTT, as JSON (RFC 8259). The topic's leaf names the request (`topics.ts`);
 * every answer comes on `result` and names the `tapId` or `requestId` it belongs to. Unknown fields are refused: a
 * misspelt one must not silently change what a guest pays.
 */
import { z } from 'zod';
import { OperatorId, ProductId, SaleId, ShiftId, TapId } from '../ids.ts';
import { DECLINES, type DeclineReason } from '../purse/decline.ts';

const requestId = TapId;
const amountMinor = z.int().min(1).max(0xff_ff_ff);
const minor = z.int().min(-0xff_ff_ff).max(0xff_ff_ff);
const wholeMinor = z.int().min(0).max(0xff_ff_ff);

/** How long the box waits for a wristband before it answers `cancelled`, milliseconds. */
const waitMs = z.int().min(1_000).max(120_000).default(30_000);

export const CartLine = z.strictObject({
  product: ProductId,
  quantity: z.int().min(1).max(9_999),
  /** A supervisor's price per piece, tax included; the box checks who asks. */
  overrideMinor: z.int().min(0).max(0xff_ff_ff).optional(),
});
export type CartLine = z.infer<typeof CartLine>;

const cart = z.array(CartLine).min(1).max(100);
const actor = { operator: OperatorId.nullable(), shift: ShiftId.nullable() };

/** Payload of each topic a till publishes on, but for the reader behind it (`reader-link.ts`). */
export const TillRequest = {
  /** What would this cart cost? Answered within `DEADLINES_MS.quote`. */
  quote: z.strictObject({ requestId, lines: cart }),
  charge: z.strictObject({
    tapId: TapId,
    saleId: SaleId,
    ...actor,
    lines: cart,
    approvedBy: OperatorId.nullable().default(null),
    waitMs,
  }),
  topup: z.strictObject({ tapId: TapId, ...actor, amountMinor, tender: z.enum(['cash', 'card']), waitMs }),
  /** Everything that may be paid out, when no amount is given. */
  cashout: z.strictObject({ tapId: TapId, ...actor, amountMinor: amountMinor.nullable(), waitMs }),
  reverse: z.strictObject({ tapId: TapId, ...actor, ofTapId: TapId, waitMs }),
  balance: z.strictObject({ tapId: TapId, waitMs }),
  /** Gives up waiting, or gives up an interrupted tap: that one is then settled later, by the graph. */
  cancel: z.strictObject({ tapId: TapId }),
  /** The cash of an approved cash-out was handed over. */
  'drawer-paid': z.strictObject({ requestId, tapId: TapId, operator: OperatorId.nullable() }),
  shift: z.discriminatedUnion('action', [
    z.strictObject({
      requestId,
      action: z.literal('open'),
      shift: ShiftId,
      operator: OperatorId,
      floatMinor: z.int().min(0),
    }),
    z.strictObject({
      requestId,
      action: z.literal('close'),
      shift: ShiftId,
      operator: OperatorId,
      countedMinor: z.int().min(0),
    }),
    z.strictObject({
      requestId,
      action: z.literal('extend-cap'),
      approvedBy: OperatorId,
      cap: z.enum(['box-offline', 'terminal']),
      byMinor: z.int().min(1),
    }),
  ]),
} as const;
export type TillRequestLeaf = keyof typeof TillRequest;
export type TillRequestOf<L extends TillRequestLeaf> = z.infer<(typeof TillRequest)[L]>;
/** The requests that want a wristband. */
export type TapLeaf = Exclude<TillRequestLeaf, 'quote' | 'cancel' | 'drawer-paid' | 'shift'>;

/**
 * How soon the box answers, counted from when it has read the request. What isn't there by then is answered with the fault
 * `answer-late`; a till that hears nothing a little later says that its box is gone.
 */
export const DEADLINES_MS = {
  quote: 1_000,
  cancel: 1_000,
  'drawer-paid': 2_000,
  shift: 2_000,
  /**
   * From the request to the first prompt, and from a wristband that is taken to the answer or the next wait: three scripts of the
   * reader at most, and what is written to disk between them. `waitMs` bounds the waiting itself.
   */
  tap: 6_000,
  readerScript: 1_500,
} as const;

/** @returns milliseconds; of a tap, each stretch between two waits for a wristband */
export function deadlineMs(leaf: TillRequestLeaf): number {
  switch (leaf) {
    case 'quote':
    case 'cancel':
    case 'drawer-paid':
    case 'shift':
      return DEADLINES_MS[leaf];
    default:
      return DEADLINES_MS.tap;
  }
}

const QuotedLine = z.strictObject({
  product: ProductId,
  name: z.string(),
  quantity: z.int(),
  unitMinor: minor,
  taxRateBp: z.int().min(0).max(10_000),
  depositMinor: minor,
  totalMinor: minor,
});

const DECLINE_REASONS = Object.keys(DECLINES) as [DeclineReason, ...DeclineReason[]];

/** The end of a tap: what the screen shows. Asked again under the same `tapId`, the box answers the same again. */
export const TapResult = z.discriminatedUnion('outcome', [
  z.strictObject({
    tapId: TapId,
    outcome: z.literal('approved'),
    /** What this tap moved: charged or paid out (positive), or put on the chip (negative). */
    amountMinor: minor,
    /** Online credit that was loaded along the way. */
    loadedMinor: wholeMinor,
    balanceMinor: wholeMinor,
    bonusMinor: wholeMinor,
  }),
  z.strictObject({
    tapId: TapId,
    outcome: z.literal('declined'),
    reason: z.enum(DECLINE_REASONS),
    message: z.string(),
    figures: z.record(z.string(), z.number()),
    /** Shown where the wristband could be read. */
    balanceMinor: wholeMinor.nullable(),
    bonusMinor: wholeMinor.nullable(),
  }),
  /** `untouched`: nothing was written. `unsettled`: a write was interrupted; the guest gets back whatever it took. */
  z.strictObject({ tapId: TapId, outcome: z.literal('cancelled'), chip: z.enum(['untouched', 'unsettled']) }),
  z.strictObject({ tapId: TapId, outcome: z.literal('fault'), code: z.string(), message: z.string() }),
]);
export type TapResult = z.infer<typeof TapResult>;

export const RequestResult = z.discriminatedUnion('outcome', [
  z.strictObject({
    requestId,
    outcome: z.literal('quoted'),
    plan: z.int(),
    currency: z.string(),
    totalMinor: minor,
    lines: z.array(QuotedLine),
  }),
  z.strictObject({ requestId, outcome: z.literal('done'), figures: z.record(z.string(), z.number()) }),
  /** `requestId` is null when the message was too broken to name one. */
  z.strictObject({
    requestId: requestId.nullable(),
    outcome: z.literal('fault'),
    code: z.string(),
    message: z.string(),
  }),
]);
export type RequestResult = z.infer<typeof RequestResult>;

/** Everything that comes on `till/{id}/result`. */
export const TillResult = z.union([TapResult, RequestResult]);
export type TillResult = z.infer<typeof TillResult>;

/** `till/{id}/prompt`: what the screen asks for while a tap is under way. */
export const Prompt = z.strictObject({
  tapId: TapId,
  ask: z.enum(['present-wristband', 'hold-still', 'tap-again', 'remove-wristband']),
  /** Why it is asked again: another wristband was held out, say; null when there is nothing to explain. */
  reason: z.enum(DECLINE_REASONS).nullable(),
});
export type Prompt = z.infer<typeof Prompt>;

/** `till/{id}/reader/state`, retained: a dead reader shows as such within two seconds. */
export const ReaderState = z.strictObject({
  state: z.enum(['up', 'down', 'none']),
  name: z.string(),
  reason: z.string().nullable(),
});
export type ReaderState = z.infer<typeof ReaderState>;

/** `box/state`, retained. `cutOffSinceMs`: since when the cloud hasn't answered; null while it does. */
export const BoxState = z.strictObject({
  event: z.string(),
  currency: z.string(),
  plan: z.int().nullable(),
  cutOffSinceMs: z.int().nullable(),
  /** Share of what the box may take while cut off, in percent; 80 warns, 100 asks for a supervisor. */
  offlineCapPercent: z.int().min(0),
  /** False when the disk has no room for another tap. */
  hasRoom: z.boolean(),
});
export type BoxState = z.infer<typeof BoxState>;
