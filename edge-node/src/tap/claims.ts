/**
 * What taps are about to move, from their decision until it stands in the journal. Caps are over both together: tills that decide at one
 * moment would each see the room that is left, and overshoot it together.
 */
import type { TapId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Journal } from '../journal/journal.ts';
import type { Exposure } from '../journal/views.ts';

export interface Claim {
  readonly tap: TapId;
  readonly till: TillId;
  readonly via: 'box' | 'terminal';
  /** Off the chip when positive. */
  readonly takesMinor: number;
}

export class Claims {
  readonly #claims = new Map<TapId, Claim>();

  /** Listeners hear of a commit before anybody goes on after it, so no amount ever counts twice, or not at all. */
  constructor(journal: Pick<Journal, 'onAppended'>) {
    journal.onAppended(({ entries }) => {
      for (const { kind, body } of entries) if (kind === 'tap') this.#claims.delete(body.tap);
    });
  }

  /** To be made in the turn of the decision. Dispose of it when the tap is over: a write that was refused claims nothing. */
  make(claim: Claim): Disposable {
    this.#claims.set(claim.tap, claim);
    return { [Symbol.dispose]: () => void this.#claims.delete(claim.tap) };
  }

  /** @param exposure of that till, by the journal */
  beside(exposure: Exposure, till: TillId): Exposure {
    let { takenMinor, movedMinor } = exposure;
    for (const claim of this.#claims.values()) {
      takenMinor += Math.max(0, claim.takesMinor);
      if (claim.via === 'terminal' && claim.till === till) movedMinor += Math.abs(claim.takesMinor);
    }
    return { ...exposure, takenMinor, movedMinor };
  }
}
