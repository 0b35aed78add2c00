/** Requests that want no wristband: one after the other at each till, and each carried out once, however often it is asked. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { TapId, TillId } from '@pulsera/firmware-protocol/ids';
import { encodeCanonical } from '@pulsera/firmware-protocol/wire/canonical-json';
import type { TillResult } from '@pulsera/firmware-protocol/wire/till';
import type { Patience } from '../tap/patience.ts';
import type { Figures } from './drawer.ts';

interface Done {
  readonly content: Uint8Array;
  readonly result: TillResult;
}

interface Till {
  turn: Promise<unknown>;
  readonly done: Map<TapId, Done>;
}

/** Answers kept per till. */
const REMEMBERED = 16;

export class Requests {
  readonly #tills = new Map<TillId, Till>();

  /**
   * @returns undefined when its time was up before its turn came: nothing was done then.
   * @throws Fault `request-id-reused`, and what `work` throws; that is not remembered
   */
  async once(
    tillId: TillId,
    request: { readonly requestId: TapId },
    patience: Patience,
    work: () => Promise<Figures>,
  ): Promise<TillResult | undefined> {
    const till = this.#till(tillId);
    const { requestId } = request;
    const mine = till.turn.then(async () => {
      const content = encodeCanonical(request);
      const known = till.done.get(requestId);
      if (known && !equalBytes(known.content, content)) throw requestIdReused();
      if (known) return known.result;
      if (patience.isLost) return undefined;
      const result: TillResult = { requestId, outcome: 'done', figures: await work() };
      till.done.set(requestId, { content, result });
      const [oldest] = till.done.keys();
      if (till.done.size > REMEMBERED && oldest !== undefined) till.done.delete(oldest);
      return result;
    });
    till.turn = mine.catch(() => undefined);
    return await mine;
  }

  #till(id: TillId): Till {
    const known = this.#tills.get(id);
    if (known) return known;
    const till: Till = { turn: Promise.resolve(), done: new Map() };
    this.#tills.set(id, till);
    return till;
  }
}

const requestIdReused = () =>
  new Fault(
    'request-id-reused',
    'Give each request an id of its own: this one was used for another request.',
  );
