/** A guest as the demo plays them: a wristband, and what the till's screen last said was on it. */
import type { SaleId, TapId, WalletId } from '@pulsera/firmware-protocol/ids';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';

export interface Guest {
  readonly number: number;
  readonly wallet: WalletId;
  readonly chip: VirtualChip;
  /** Main and bonus together, as of the last green screen. */
  seenMinor: number;
  /** Paid online and, as far as the guest knows, not on the wristband yet. */
  onlineMinor: number;
  /** At a till now, or not to be picked by the programme. */
  isBusy: boolean;
  /** The last sale that turned green, and where: what can be reversed. */
  lastSale: { readonly tapId: TapId; readonly saleId: SaleId; readonly till: string } | undefined;
  /** Walked off with a torn tap: the next one must be at the other box, to see it settled there. */
  mustVisit: number | undefined;
}

export class Crowd {
  readonly guests: readonly Guest[];

  constructor(guests: readonly Guest[]) {
    this.guests = guests;
  }

  /** Takes a guest who is free and fits, starting the search anywhere; put back by setting `isBusy` to false. */
  take(startAt: number, fits: (guest: Guest) => boolean): Guest | undefined {
    const count = this.guests.length;
    for (let i = 0; i < count; i++) {
      const guest = this.guests[(startAt + i) % count];
      if (guest && !guest.isBusy && fits(guest)) {
        guest.isBusy = true;
        return guest;
      }
    }
    return undefined;
  }
}
