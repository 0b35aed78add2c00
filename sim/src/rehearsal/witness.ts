/**
 * What people saw and handed over, and nothing that a machine alone knows: the requests that were typed in, what screens showed, cash
 * that changed hands. Whoever judges a rehearsal goes by this.
 */
import type { BoxId, ChipUid, TapId, TillId, WalletId } from '@pulsera/firmware-protocol/ids';
import type { TapLeaf, TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { Trace } from './trace.ts';

/** Who stood where, with which wristband, and what for. */
export interface Visitor {
  readonly guest: number;
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly box: BoxId;
  readonly till: TillId;
  readonly tapId: TapId;
  readonly leaf: TapLeaf;
}

export type Seen = Visitor &
  (
    | { readonly kind: 'asked'; readonly request: object }
    | { readonly kind: 'screen'; readonly result: TapResult }
    /** The till forgot all about it, and nobody asks again: no screen ever said how it ended. */
    | { readonly kind: 'given-up' }
    /** Cash into the till's drawer; negative: out of it, to the guest. */
    | { readonly kind: 'cash'; readonly amountMinor: number }
  );

export class Witness {
  readonly #trace: Trace;
  readonly #listeners: ((seen: Seen) => void)[] = [];

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  saw(seen: Seen): void {
    const { guest, kind, ...detail } = seen;
    this.#trace.note(`guest ${guest}`, kind, detail);
    for (const listener of this.#listeners) listener(seen);
  }

  listen(listener: (seen: Seen) => void): void {
    this.#listeners.push(listener);
  }
}
