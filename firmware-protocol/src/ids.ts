/**
 * Every identifier, made in one place and branded, so that a till can't be passed where a stand is meant.
 * Each export is a zod schema and the type of the same name; `Schema.parse(value)` is how one is made from outside input.
 */
import { z } from 'zod';

const u8 = z.int().min(0).max(0xff);
const u16 = z.int().min(0).max(0xffff);
const u32 = z.int().min(0).max(0xffff_ffff);
const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a name of 1 to 32 of a-z, 0-9 and -');
const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'a lower-case UUID');

export const TenantId = u32.min(1).brand<'TenantId'>();
export type TenantId = z.infer<typeof TenantId>;

/** Also written on every chip of the event, as four bytes. */
export const EventId = u32.min(1).brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;

/** A box's number within its event; 0 is the cloud, as the keeper of a journal of its own. */
export const BoxId = u16.brand<'BoxId'>();
export type BoxId = z.infer<typeof BoxId>;
export const CLOUD_BOX = 0 as BoxId;

export const StandId = slug.brand<'StandId'>();
export type StandId = z.infer<typeof StandId>;
export const TillId = slug.brand<'TillId'>();
export type TillId = z.infer<typeof TillId>;
export const ProductId = slug.brand<'ProductId'>();
export type ProductId = z.infer<typeof ProductId>;
export const OperatorId = slug.brand<'OperatorId'>();
export type OperatorId = z.infer<typeof OperatorId>;

export const TapId = uuid.brand<'TapId'>();
export type TapId = z.infer<typeof TapId>;
export const SaleId = uuid.brand<'SaleId'>();
export type SaleId = z.infer<typeof SaleId>;
export const ShiftId = uuid.brand<'ShiftId'>();
export type ShiftId = z.infer<typeof ShiftId>;

/** Eight random bytes as 16 lower-case hex characters: whose money it is, across wristbands. */
export const WalletId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, '16 lower-case hex characters')
  .brand<'WalletId'>();
export type WalletId = z.infer<typeof WalletId>;

/** The chip's 7-byte UID (ISO/IEC 14443-3, double size) as 14 lower-case hex characters. */
export const ChipUid = z
  .string()
  .regex(/^[0-9a-f]{14}$/, '14 lower-case hex characters')
  .brand<'ChipUid'>();
export type ChipUid = z.infer<typeof ChipUid>;

export const KeySetNumber = u8.brand<'KeySetNumber'>();
export type KeySetNumber = z.infer<typeof KeySetNumber>;

/** Which wristband of a wallet this is: 1 for the first, one more with each replacement. */
export const Generation = u8.min(1).brand<'Generation'>();
export type Generation = z.infer<typeof Generation>;

/** A box opens a new epoch when the cloud holds more of its journal than its own disk does. */
export const Epoch = u32.min(1).brand<'Epoch'>();
export type Epoch = z.infer<typeof Epoch>;

/** Place in a journal, from 1 and without gaps; 0 stands for "before the first". */
export const Seq = z.int().min(0).brand<'Seq'>();
export type Seq = z.infer<typeof Seq>;

export const PlanVersion = u32.brand<'PlanVersion'>();
export type PlanVersion = z.infer<typeof PlanVersion>;

/** Points at one tap: the entry in which a box journaled it. */
export interface TapRef {
  readonly box: BoxId;
  readonly epoch: Epoch;
  readonly seq: Seq;
}
