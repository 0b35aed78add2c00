/**
 * What one chip write does, in order. A write may have several effects (load an online credit, then pay with it); they
 * stand in the entry so that anyone can redo the sum: main and bonus of `before`, plus each effect, is main and bonus of `after`.
 */
import type { BoxId, Epoch, OperatorId, ProductId, Seq, StandId, TapId } from '../ids.ts';
import { type Decoded, int, list, nullable, record, text, union, uuid, word } from './codec.ts';

const SLUG = /^[a-z0-9][a-z0-9-]{0,31}$/;
export const slug = <T extends string>() => text<T>(32, SLUG);
/** What three bytes of a purse can hold: 16,777,215 minor units. */
export const PURSE_MAX_MINOR = 0xff_ff_ff;
const purseMinor = int(0, PURSE_MAX_MINOR);
const minor = int(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

export const tapRefCodec = record(
  {
    box: int<BoxId>(0, 0xffff),
    epoch: int<Epoch>(1, 0xffff_ffff),
    seq: int<Seq>(1, Number.MAX_SAFE_INTEGER),
  },
  (of, input) => ({
    box: of.box.read(input),
    epoch: of.epoch.read(input),
    seq: of.seq.read(input),
  }),
);

const line = record(
  {
    product: slug<ProductId>(),
    quantity: int(1, 9999),
    /** Charged per piece, tax included. */
    unitMinor: minor,
    /** The plan's price where a supervisor changed it, else null. */
    listMinor: nullable(minor),
    taxRateBp: int(0, 10_000),
    /** Deposit per piece; negative when cups come back. */
    depositMinor: minor,
  },
  (of, input) => ({
    product: of.product.read(input),
    quantity: of.quantity.read(input),
    unitMinor: of.unitMinor.read(input),
    listMinor: of.listMinor.read(input),
    taxRateBp: of.taxRateBp.read(input),
    depositMinor: of.depositMinor.read(input),
  }),
);
export type SaleLine = Decoded<typeof line>;

export const effectCodec = union({
  purchase: [
    1,
    record(
      {
        stand: slug<StandId>(),
        lines: list(line, 100),
        /** What the lines come to; negative when more cups come back than money is due. */
        totalMinor: int(-PURSE_MAX_MINOR, PURSE_MAX_MINOR),
        /** The part of it taken from bonus. */
        bonusMinor: purseMinor,
        /** The supervisor behind a changed price, else null. */
        approvedBy: nullable(slug<OperatorId>()),
      },
      (of, input) => ({
        stand: of.stand.read(input),
        lines: of.lines.read(input),
        totalMinor: of.totalMinor.read(input),
        bonusMinor: of.bonusMinor.read(input),
        approvedBy: of.approvedBy.read(input),
      }),
    ),
  ],
  'cash-topup': [2, record({ amountMinor: purseMinor, tender: word('cash', 'card') })],
  'credit-load': [
    3,
    record({
      /** Credits `from`+1 to `to` of the wallet's list in this generation. */
      from: int(0, 255),
      to: int(1, 255),
      mainMinor: purseMinor,
      bonusMinor: purseMinor,
    }),
  ],
  reversal: [
    4,
    record({
      of: tapRefCodec,
      ofTap: uuid<TapId>(),
      mainMinor: int(-PURSE_MAX_MINOR, PURSE_MAX_MINOR),
      bonusMinor: purseMinor,
    }),
  ],
  'cash-out': [5, record({ amountMinor: purseMinor })],
  /** A wristband made at the box: its first image. */
  issue: [6, record({ ageClass: int(0, 255) })],
});
export type Effect = Decoded<typeof effectCodec>;

/**
 * What one write takes off the chip for goods and cash, in minor units: negative when money goes on it. Online credit that it loads
 * doesn't count, since the guest had that already.
 */
export function takenMinor(effects: readonly Effect[]): number {
  return effects.reduce((sum, effect) => sum + takenBy(effect), 0);
}

function takenBy(effect: Effect): number {
  switch (effect.kind) {
    case 'purchase':
      return effect.totalMinor;
    case 'cash-out':
      return effect.amountMinor;
    case 'cash-topup':
      return -effect.amountMinor;
    case 'reversal':
      return -(effect.mainMinor + effect.bonusMinor);
    case 'credit-load':
    case 'issue':
      return 0;
  }
}
