/** What the people at the tills saw: which tap was asked for with which wristband, and what the screen said. Survives every box. */
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';

export interface Asked {
  readonly tapId: string;
  readonly till: string;
  readonly uid: string;
  readonly leaf: 'charge' | 'topup';
  /** As sent, each time. */
  readonly request: { readonly tapId: string } & Readonly<Record<string, unknown>>;
  /** What the cart costs, from the catalogue; negative for a top-up. */
  readonly amountMinor: number;
  /** Each answer that ended it, as it came: the first counts, the others must be the same. */
  readonly answers: TapResult[];
}

export class Witness {
  readonly #asked = new Map<string, Asked>();

  asks(asked: Asked): Asked {
    this.#asked.set(asked.tapId, asked);
    return asked;
  }

  all(): readonly Asked[] {
    return [...this.#asked.values()];
  }
}
