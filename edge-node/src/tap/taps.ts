/**
 * Every till of the box and the tap it is at: at most one each. A tap id is answered once and then the same for ever; a till
 * that goes on to another one has let an interrupted tap go.
 */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, TapId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import { DEADLINES_MS, type TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { Timers } from '../timers.ts';
import { abandon, letGo, openChip, ownRecord, recorded } from './abandon.ts';
import { answerOf, cancelled } from './answer.ts';
import { readerDown, readerMissing, tapIdReused, tillBusy } from './faults.ts';
import { type Ending, runTap, type TapBox } from './flow.ts';
import type { TapOrder } from './order.ts';
import type { Patience } from './patience.ts';
import { type Ask, type Interruption, Turn } from './turn.ts';

export interface TapsOptions extends TapBox {
  readonly timers: Timers;
  /** The reader assigned to a till, plugged in or not. */
  readonly readerOf: (till: TillId) => Reader | undefined;
}

export type Begun =
  | { readonly kind: 'answered'; readonly result: TapResult }
  /** The same request is being worked on, and will be answered once. */
  | { readonly kind: 'under-way' }
  /** `open`: the chip that it was interrupted on and that alone can finish it. */
  | { readonly kind: 'new'; readonly open: ChipUid | undefined };

interface UnderWay {
  readonly order: TapOrder;
  readonly abort: AbortController;
  readonly ending: Promise<Ending>;
}

interface Till {
  underWay: UnderWay | undefined;
  /** What the last taps were answered, for those that the journal knows nothing of: declines, looks, cancellations. */
  readonly answered: Map<TapId, { readonly request: Uint8Array; readonly result: TapResult }>;
  /** Taps begun here whose write is open, or whose end the till has not heard. */
  readonly open: Set<TapId>;
  /** Cancelled before it was begun: the two messages may come in either order. */
  cancelled: TapId | undefined;
  /** The presence that must end before the next tap. */
  spent: { readonly reader: Reader; readonly presence: number } | undefined;
}

/** Answers kept per till beside the journal's. */
const REMEMBERED = 8;
/** More open taps than a box has tills were left by crashes long ago; each is settled when its chip or the cloud says so. */
const RESUMED = 100_000;

export class Taps {
  readonly #box: TapsOptions;
  readonly #tills = new Map<TillId, Till>();

  constructor(box: TapsOptions) {
    this.#box = box;
    for (const { tap, till, abandoned } of box.journal.views.pending(RESUMED)) {
      if (!abandoned) this.#till(till).open.add(tap);
    }
  }

  /**
   * Where a request stands: answered before, or to be run. To be called right before `run`.
   * @param patience of the till that asks: what it doesn't hear stays open
   * @throws Fault `till-busy`, `tap-id-reused`
   */
  async begin(tillId: TillId, tap: TapId, request: Uint8Array, patience: Patience): Promise<Begun> {
    const till = this.#till(tillId);
    while (till.underWay !== undefined) {
      if (till.underWay.order.tap !== tap) throw tillBusy();
      if (!equalBytes(till.underWay.order.request, request)) throw tapIdReused();
      if (!till.underWay.order.patience.isLost) return { kind: 'under-way' };
      // The till was gone, or was told to ask again, and does so before the old round has ended.
      await till.underWay.ending.catch(() => undefined);
    }
    const remembered = till.answered.get(tap);
    if (remembered) {
      if (!equalBytes(remembered.request, request)) throw tapIdReused();
      if (!patience.isLost) till.open.delete(tap);
      return { kind: 'answered', result: remembered.result };
    }
    const record = this.#box.journal.views.tapAnswer(tap, request);
    if (record === undefined) return { kind: 'new', open: undefined };
    if (record.entry.body.till !== tillId) throw tapIdReused();
    const result = answerOf(record);
    if (result) {
      if (!patience.isLost) till.open.delete(tap);
      return { kind: 'answered', result };
    }
    return { kind: 'new', open: record.state === 'pending' ? record.entry.body.uid : undefined };
  }

  /**
   * Runs a tap that `begin` called new.
   * @returns undefined when nobody waits for this answer: the till is gone or was told to ask again, or the same request runs already
   * @throws Fault `till-busy`, `reader-missing`, `reader-down`, `disk-full`, and as `runTap`
   */
  async run(order: TapOrder, open: ChipUid | undefined, ask: Ask): Promise<TapResult | undefined> {
    const till = this.#till(order.till);
    // Two requests may have begun before either ran: the same one is answered once.
    if (till.underWay?.order.tap === order.tap) return undefined;
    if (till.underWay !== undefined) throw tillBusy();
    if (till.cancelled === order.tap && open === undefined) {
      return this.remember(order.till, order.tap, order.request, cancelled(order.tap, 'untouched'));
    }
    const reader = this.#box.readerOf(order.till);
    if (reader === undefined) throw readerMissing();
    const underWay = this.#start(till, order, open, reader, ask);
    till.underWay = underWay;
    try {
      const result = await underWay.ending;
      // What the journal knows is answered from there: should the till go on instead of asking again, the tap is let go.
      const isKept = order.patience.isLost && recorded(this.#box.journal, order) !== undefined;
      if (result === undefined || isKept) return undefined;
      return this.remember(order.till, order.tap, order.request, result);
    } finally {
      till.underWay = undefined;
    }
  }

  /** For answers the journal knows nothing of; the last few of each till. @returns the answer */
  remember(tillId: TillId, tap: TapId, request: Uint8Array, result: TapResult): TapResult {
    const { answered } = this.#till(tillId);
    answered.set(tap, { request, result });
    const [oldest] = answered.keys();
    if (answered.size > REMEMBERED && oldest !== undefined) answered.delete(oldest);
    return result;
  }

  /** @returns undefined when the tap under way will answer. @throws Fault `tap-id-reused` for another till's tap; what the journal throws */
  async cancel(tillId: TillId, tap: TapId, patience: Patience): Promise<TapResult | undefined> {
    const till = this.#till(tillId);
    if (till.underWay?.order.tap === tap) {
      const { order, abort, ending } = till.underWay;
      abort.abort('cancelled' satisfies Interruption);
      order.patience.shorten(DEADLINES_MS.cancel);
      if (!order.patience.isLost) return undefined;
      // It will answer nobody: what became of it is this one's answer.
      await ending.catch(() => undefined);
    }
    const remembered = till.answered.get(tap);
    if (remembered) {
      if (!patience.isLost) till.open.delete(tap);
      return remembered.result;
    }
    const record = this.#box.journal.views.tapAnswer(tap);
    if (record !== undefined && record.entry.body.till !== tillId) throw tapIdReused();
    const answer = await abandon(this.#box.journal, this.#box.chips, { till: tillId, tap });
    if (!patience.isLost) till.open.delete(tap);
    till.cancelled = tap;
    return answer ?? cancelled(tap, 'untouched');
  }

  /** Nobody reads the screen: a wristband held out now must not pay. What was interrupted stays open. */
  gone(tillId: TillId): void {
    const underWay = this.#tills.get(tillId)?.underWay;
    underWay?.order.patience.lose();
    underWay?.abort.abort('gone' satisfies Interruption);
  }

  #start(till: Till, order: TapOrder, open: ChipUid | undefined, reader: Reader, ask: Ask): UnderWay {
    const abort = new AbortController();
    const spent = till.spent?.reader === reader ? till.spent.presence : undefined;
    const { waitMs, patience } = order;
    const { timers } = this.#box;
    const turn = new Turn({ reader, timers, waitMs, patience, signal: abort.signal, ask, spent });
    const ending = this.#run(till, order, open, reader, turn).finally(() => {
      if (turn.taken !== undefined) till.spent = { reader, presence: turn.taken };
    });
    return { order, abort, ending };
  }

  async #run(
    till: Till,
    order: TapOrder,
    open: ChipUid | undefined,
    reader: Reader,
    turn: Turn,
  ): Promise<Ending> {
    const { journal, chips } = this.#box;
    for (const earlier of till.open) {
      if (earlier === order.tap) continue;
      await letGo(journal, chips, earlier);
      till.open.delete(earlier);
    }
    if (open === undefined) {
      if (!reader.isUp()) throw readerDown();
      // Said before a guest is asked for anything. An open write can still be settled: room for that is set aside.
      if (!journal.hasRoomFor(2)) journal.reserve().release();
    }
    till.open.add(order.tap);
    let ending: Ending;
    try {
      ending = await runTap(order, open, reader, turn, this.#box);
      return ending;
    } finally {
      const isOpen = order.patience.isLost
        ? ownRecord(journal, order) !== undefined
        : ending === undefined && openChip(journal, order) !== undefined;
      if (!isOpen) till.open.delete(order.tap);
    }
  }

  #till(id: TillId): Till {
    const known = this.#tills.get(id);
    if (known) return known;
    const till: Till = {
      underWay: undefined,
      answered: new Map(),
      open: new Set(),
      cancelled: undefined,
      spent: undefined,
    };
    this.#tills.set(id, till);
    return till;
  }
}
