/**
 * Requests that want no wristband but are journaled: one after the other at each till, and each carried out once, however often it is
 * asked. What one came to is read from its entry, so the answer is the same again after a restart.
 */
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import { encodeCanonical } from '@pulsera/firmware-protocol/wire/canonical-json';
import type { TillResult } from '@pulsera/firmware-protocol/wire/till';
import type { Journal } from '../journal/journal.ts';
import type { Patience } from '../tap/patience.ts';
import type { Counter } from './counter.ts';
import { carryOut, type DrawerRequest, figuresOf } from './drawer.ts';

export class Requests {
  readonly #journal: Journal;
  readonly #sha256: Sha256;
  readonly #turns = new Map<TillId, Promise<unknown>>();

  constructor(journal: Journal, sha256: Sha256) {
    this.#journal = journal;
    this.#sha256 = sha256;
  }

  /**
   * @returns undefined when its time was up before its turn came: nothing was done then.
   * @throws Fault `request-id-reused`, and as `carryOut`
   */
  async once(counter: Counter, asked: DrawerRequest, patience: Patience): Promise<TillResult | undefined> {
    const till = counter.till.id;
    const { requestId } = asked.request;
    const digest = this.#sha256(encodeCanonical({ till, leaf: asked.leaf, ...asked.request }));
    const mine = (this.#turns.get(till) ?? Promise.resolve()).then(
      async (): Promise<TillResult | undefined> => {
        const request = { id: requestId, digest: new Uint8Array(digest) };
        const known = this.#journal.views.asked(request);
        if (known === undefined && patience.isLost) return undefined;
        const figures = known
          ? figuresOf(known, counter, this.#journal.views)
          : await carryOut(this.#journal, counter, asked, request);
        return { requestId, outcome: 'done', figures };
      },
    );
    this.#turns.set(
      till,
      mine.catch(() => undefined),
    );
    return await mine;
  }
}
