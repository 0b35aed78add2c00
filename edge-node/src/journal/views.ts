/** What the projections answer. Everything is as of the last commit. */

import type {
  ChipUid,
  Generation,
  OperatorId,
  Seq,
  ShiftId,
  TapId,
  TapRef,
  TillId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Entry, EntryOf } from '@pulsera/firmware-protocol/journal/entry';
import type { Account } from '@pulsera/firmware-protocol/money/account';
import type { ReversalRight, SaleTerms } from '@pulsera/firmware-protocol/purse/reversal-right';

/** `pending`: on its way, or torn and not yet decided. */
export type TapState = 'pending' | 'posted' | 'dropped';

/** All there is to answer a repeated tap with: the balance is in `entry.body.after`, the amounts in its effects. */
export interface TapRecord {
  readonly ref: TapRef;
  readonly entry: EntryOf<'tap'>;
  readonly state: TapState;
  /** The till gave up on it: whatever became of it, the guest was let go without a green screen. */
  readonly abandoned: boolean;
}

export interface PendingTap {
  readonly ref: TapRef;
  readonly tap: TapId;
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation: Generation;
  readonly till: TillId;
  /** The image read, 20 bytes; null when the chip was blank. */
  readonly before: Uint8Array | null;
  readonly after: Uint8Array;
  /** The till gave up; only the chip or the cloud can still decide it. */
  readonly abandoned: boolean;
}

export interface SeenWallet {
  readonly wallet: WalletId;
  readonly generation: Generation;
  /** The newest image known to be posted, 20 bytes: read from the chip, written and posted, or its root. */
  readonly image: Uint8Array;
  readonly counter: number;
  /** The entry of this journal that the image, or the one before it, came from; null: only the cloud spoke of the chip. */
  readonly last: TapRef | null;
}

/** One row of a wallet's list of online credits. */
export interface DueCredit {
  readonly number: number;
  readonly mainMinor: number;
  readonly bonusMinor: number;
}

/** What the cloud hasn't acknowledged: sums over the entries beyond its last checkpoint. Dropped taps don't count. */
export interface Exposure {
  /** Taken off chips at this box, for goods and for cash. */
  readonly takenMinor: number;
  /** Moved, up or down, through the till's own reader (`via: terminal`). */
  readonly movedMinor: number;
  /** By how much supervisors extended either cap. */
  readonly boxExtendedMinor: number;
  readonly terminalExtendedMinor: number;
}

export interface OpenShift {
  readonly shift: ShiftId;
  readonly operator: OperatorId;
  readonly floatMinor: number;
  /** Cash that came into the drawer since the shift was opened, less what was paid out. */
  readonly cashMinor: number;
}

export type BlockReason = EntryOf<'blocked'>['body']['reason'];

export interface CloudSettlement {
  readonly tap: TapId;
  readonly outcome: EntryOf<'settlement'>['body']['outcome'];
  readonly evidence: EntryOf<'settlement'>['body']['evidence'];
  /** Where the cloud's journal says so. */
  readonly cloudSeq: Seq;
}

/** A till's request without a wristband. */
export interface Asked {
  readonly id: TapId;
  /** Of all its content, 32 bytes. */
  readonly digest: Uint8Array;
}

/** A sale of any box that this box was given the right to reverse. */
export interface Grant {
  readonly sale: TapRef;
  readonly terms: SaleTerms;
}

export interface Views {
  /**
   * All that is read within is read in one transaction, as of one commit; without it each view takes one of its own, which is most of
   * its time. Within one turn of the event loop: a commit would find the transaction in its way.
   */
  atOnce<T>(read: () => T): T;
  /**
   * The last write under a tap id, from entries alone, so that a crash between settlement and answer changes no answer.
   * @param request the digest given when it was appended; without one it isn't compared.
   * @throws Fault `tap-id-reused` when it was another request
   */
  tapAnswer(tap: TapId, request?: Uint8Array): TapRecord | undefined;
  /**
   * The entry that a request without a wristband led to. @throws Fault `request-id-reused` when it was another request
   */
  asked(request: Asked): Entry | undefined;
  /** A tap of this box by its place. */
  tapAt(ref: TapRef): TapRecord | undefined;
  /** Taps that are neither posted nor dropped, oldest first: of one chip, or all, up to `limit`. */
  pendingOf(uid: ChipUid): readonly PendingTap[];
  pending(limit: number): readonly PendingTap[];
  pendingCount(): number;
  wallet(uid: ChipUid): SeenWallet | undefined;
  /** Credits beyond a number, in order: what a chip that loaded up to it hasn't got yet. */
  creditsAfter(wallet: WalletId, generation: Generation, number: number): readonly DueCredit[];
  /** Why this chip, or this wristband of the wallet, is refused; undefined when it isn't. */
  blocked(uid: ChipUid, wallet: WalletId, generation: Generation): BlockReason | undefined;
  /** What a till booked, per account; all wallets of a kind in one line (`wallet-main`, `wallet-bonus`). Sums to zero. */
  tillTotals(till: TillId): ReadonlyMap<Account | 'wallet-main' | 'wallet-bonus', number>;
  /** The tap that undoes this sale or is about to; undefined when there is none, or it was dropped. */
  reversalOf(sale: TapRef): TapId | undefined;
  /** Who may reverse a sale, of whichever box, as far as this box obeys the cloud. */
  reversalRight(sale: TapRef): ReversalRight;
  /** The right of this box to reverse the sale of that tap, if the cloud gave it and has not withdrawn it. */
  grantOf(tap: TapId): Grant | undefined;
  /** Whether the cash of a cash-out was handed over. */
  isDrawerPaid(cashOut: TapRef): boolean;
  openShift(till: TillId): OpenShift | undefined;
  /** @param till whose `movedMinor` is asked for; without one it is 0. */
  exposure(till?: TillId): Exposure;
  /** The cloud's word on any box's tap. */
  cloudSettlement(ref: TapRef): CloudSettlement | undefined;
}
