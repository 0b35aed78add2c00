/**
 * Where the messages of all tills of a box come in and their answers go out. It knows no broker: whoever has bytes from a till
 * hands them to `handle`, and `send` takes what is to be told.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type EventId, type Seq, TillId } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import { encodeCanonical } from '@pulsera/firmware-protocol/wire/canonical-json';
import {
  type BoxState,
  deadlineMs,
  type Prompt,
  type TillResult,
} from '@pulsera/firmware-protocol/wire/till';
import type { CloudBatch, Journal } from '../journal/journal.ts';
import type { SellingPlan } from '../plan/selling.ts';
import { ChipQueue } from '../tap/alone.ts';
import { refused } from '../tap/answer.ts';
import { offlineCapPercent } from '../tap/caps.ts';
import { Claims } from '../tap/claims.ts';
import type { ChipKeys } from '../tap/keys.ts';
import { obey } from '../tap/obey.ts';
import type { TapOrder } from '../tap/order.ts';
import { answerLate, Patience } from '../tap/patience.ts';
import { Taps } from '../tap/taps.ts';
import type { Timers } from '../timers.ts';
import { type Counter, counterOf } from './counter.ts';
import { decisionOn, type TapRequest } from './decisions.ts';
import { faultAnswer, type Request, readMessage } from './message.ts';
import { priceCart } from './price.ts';
import { Requests } from './requests.ts';
import type { AskForRight, Reversing } from './reverse.ts';

export interface TillDeskOptions {
  readonly journal: Journal;
  readonly plans: { current(): SellingPlan | undefined };
  /** The reader assigned to a till, plugged in or not; undefined when there is none. */
  readonly readerOf: (till: TillId) => Reader | undefined;
  /** Asked at every tap, so that a key set that was rolled is used from the next one on. */
  readonly keys: () => ChipKeys;
  readonly timers: Timers;
  /** A fresh random u16. */
  readonly nonce: () => number;
  readonly sha256: Sha256;
  /** Since when the cloud hasn't answered, epoch milliseconds; null while it does. */
  readonly cutOffSinceMs: () => number | null;
  /** For a sale that is another box's to reverse. */
  readonly askForRight: AskForRight;
  /** Publishes JSON text on `till/{tillId}/{leaf}`. */
  readonly send: (tillId: TillId, leaf: 'result' | 'prompt', json: string) => void;
  /** For the log: a fault that a till was answered with. */
  readonly report: (fault: Fault, tillId: string, leaf: string) => void;
}

export interface TillDesk {
  /** Never rejects: whatever is wrong becomes an answer. Settles when the request is over, also if its till was told before that it takes long. */
  handle(tillId: string, leaf: string, payload: Uint8Array): Promise<void>;
  /** The till's connection broke: nobody reads its screen now. */
  onTerminalGone(tillId: string): void;
  /** For `box/state`; undefined until there is a plan. */
  boxState(): BoxState | undefined;
  /** Takes in a stretch of the cloud's journal between two looks at the wristbands that it blocks. @throws Fault as `Journal.appendCloud` */
  obey(batch: CloudBatch): Promise<Seq>;
}

export function createTillDesk(options: TillDeskOptions): TillDesk {
  return new Desk(options);
}

class Desk implements TillDesk {
  readonly #options: TillDeskOptions;
  readonly #taps: Taps;
  readonly #requests: Requests;
  readonly #reversing: Reversing;
  readonly #chips = new ChipQueue();

  constructor(options: TillDeskOptions) {
    this.#options = options;
    const { journal, keys, nonce, cutOffSinceMs, timers, readerOf } = options;
    this.#requests = new Requests(journal, options.sha256);
    const [chips, claims] = [this.#chips, new Claims(journal)];
    const event: EventId = journal.event;
    const isCutOff = () => cutOffSinceMs() !== null;
    this.#reversing = { journal, confirmed: new Map(), isCutOff, askForRight: options.askForRight };
    this.#taps = new Taps({ event, journal, keys, chips, claims, nonce, cutOffSinceMs, timers, readerOf });
  }

  obey(batch: CloudBatch): Promise<Seq> {
    return obey(this.#options.journal, this.#chips, batch);
  }

  async handle(tillId: string, leaf: string, payload: Uint8Array): Promise<void> {
    const till = TillId.safeParse(tillId);
    // The broker lets only certified names in, and those are slugs.
    if (!till.success) return;
    const read = readMessage(leaf, payload);
    if (read.kind === 'refused') return this.#answer(till.data, read.answer);
    const fault = (error: unknown) => faultAnswer(read.named, this.#reported(till.data, leaf, error));
    const patience = new Patience(this.#options.timers, deadlineMs(read.asked.leaf), () => {
      this.#answer(till.data, fault(answerLate()));
    });
    try {
      const answer = await this.#carryOut(till.data, read.asked, patience);
      // Too late, it is kept for when the till asks again.
      if (answer && !patience.isLost) this.#answer(till.data, answer);
    } catch (error) {
      const answer = fault(error);
      if (!patience.isLost) this.#answer(till.data, answer);
    } finally {
      patience.end();
    }
  }

  onTerminalGone(tillId: string): void {
    const till = TillId.safeParse(tillId);
    if (till.success) this.#taps.gone(till.data);
  }

  boxState(): BoxState | undefined {
    const { journal, plans, cutOffSinceMs } = this.#options;
    const plan = plans.current()?.plan;
    if (plan === undefined) return undefined;
    const sinceMs = cutOffSinceMs();
    return {
      event: plan.event.name,
      currency: plan.event.currency,
      plan: plan.version,
      cutOffSinceMs: sinceMs,
      offlineCapPercent: offlineCapPercent(journal.views.exposure(), plan.caps, sinceMs !== null),
      hasRoom: journal.hasRoomFor(2),
    };
  }

  async #carryOut(till: TillId, asked: Request, patience: Patience): Promise<TillResult | undefined> {
    if (asked.leaf === 'cancel') {
      return await this.#taps.cancel(till, asked.request.tapId, patience);
    }
    const counter = counterOf(this.#options.plans.current(), till);
    switch (asked.leaf) {
      case 'quote':
        return quoted(counter, asked.request);
      case 'drawer-paid':
      case 'shift':
        return await this.#requests.once(counter, asked, patience);
      default:
        return await this.#tap(till, counter, asked, patience);
    }
  }

  async #tap(
    till: TillId,
    counter: Counter,
    asked: TapRequest,
    patience: Patience,
  ): Promise<TillResult | undefined> {
    const { waitMs, ...content } = asked.request;
    const { sha256 } = this.#options;
    const request = new Uint8Array(sha256(encodeCanonical({ till, leaf: asked.leaf, ...content })));
    const { tapId } = asked.request;
    const begun = await this.#taps.begin(till, tapId, request, patience);
    if (begun.kind === 'answered') return begun.result;
    if (begun.kind === 'under-way') return undefined;
    const decide = () => decisionOn(asked, counter, this.#reversing);
    // An open write is finished as it was begun, even if the plan has changed since; only a new one is judged by this plan.
    const decision = begun.open === undefined ? decide() : undefined;
    if (decision && 'kind' in decision) {
      return this.#taps.remember(till, tapId, request, refused(tapId, decision));
    }
    const { operator, shift } = { operator: null, shift: null, ...content };
    const { plan } = counter.selling;
    const order: TapOrder = {
      tap: tapId,
      sale: asked.leaf === 'charge' ? asked.request.saleId : null,
      till,
      operator,
      shift,
      plan: plan.version,
      request,
      waitMs,
      patience,
      keySets: plan.keySets,
      limits: plan.caps,
      decide: (purse, holding) => {
        const decided = decision ?? decide();
        return 'kind' in decided ? decided : decided(purse, holding);
      },
    };
    return await this.#taps.run(order, begun.open, (ask, reason) => {
      const prompt: Prompt = { tapId, ask, reason };
      this.#options.send(till, 'prompt', JSON.stringify(prompt));
    });
  }

  #answer(till: TillId, result: TillResult): void {
    this.#options.send(till, 'result', JSON.stringify(result));
  }

  #reported(till: TillId, leaf: string, error: unknown): Fault {
    const fault = error instanceof Fault ? error : unexpected(error);
    this.#options.report(fault, till, leaf);
    return fault;
  }
}

const unexpected = (cause: unknown) =>
  new Fault('unexpected', 'Report this with the log of the box: something failed that nobody thought of.', {
    cause,
  });

function quoted(
  { selling, till }: Counter,
  { requestId, lines }: Extract<Request, { leaf: 'quote' }>['request'],
): TillResult {
  const cart = priceCart(selling, till.stand, lines);
  return {
    requestId,
    outcome: 'quoted',
    plan: selling.plan.version,
    currency: selling.plan.event.currency,
    totalMinor: cart.totalMinor,
    lines: cart.lines.map(({ listMinor: _, ...line }) => line),
  };
}
