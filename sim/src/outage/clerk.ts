/**
 * Whoever works at a till, whatever breaks: connects again when the line is gone, asks again under the same tap id until there is an
 * answer, and gives up a tap whose guest has walked off before beginning another one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TerminalAccess } from '@pulsera/edge-node/credentials';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { TapResult } from '@pulsera/firmware-protocol/wire/till';
import type { BenchTill } from '../bench/bar.ts';
import { ReaderTill } from '../real/reader-till.ts';
import { between, uuid } from '../rehearsal/chance.ts';
import type { Crowd, Guest } from './crowd.ts';
import { type Board, drawOrder, type Order, type TillTap, topUp } from './order.ts';
import type { RealBox } from './real-box.ts';
import type { Tally } from './tally.ts';
import type { Witness } from './witness.ts';

export interface ClerkOptions {
  readonly box: RealBox;
  /** All of the site. */
  readonly boxes: readonly RealBox[];
  readonly at: BenchTill;
  readonly board: Board;
  readonly access: TerminalAccess;
  /** Of the cable to the box. */
  readonly port: number;
  readonly crowd: Crowd;
  readonly witness: Witness;
  readonly tally: Tally;
  readonly random: Random;
}

/** Six seconds for an answer and its way: a till that hears nothing until then says that its box is gone. */
const SILENCE_MS = 8_000;
const RECONNECT_MS = 400;
/** A tap that got no answer because of a fault is asked for again. */
const FAULT_MS = 200;
/** Between two guests. */
const PAUSE_MS = [20, 250] as const;
/** So long a guest stands in front of a frozen screen. */
const PATIENCE_MS = [1_500, 12_000] as const;
/** A wristband is taken away at once when the screen freezes. */
const TEARS = 0.4;
/** An old green tap is asked for once more: it must be answered as before. */
const ASKS_OLD = 0.04;
const NOBODY_MS = 100;

interface Visit {
  readonly tap: TillTap;
  /** Undefined when the guest has walked off: then it is only asked what became of it. */
  guest: Guest | undefined;
  readonly patienceMs: number;
  frozenMs: number | undefined;
  asked: number;
}

export class Clerk {
  /** Every tap that was ever asked for here. */
  readonly taps: TillTap[] = [];
  readonly #options: ClerkOptions;
  readonly #till: ReaderTill;
  #visit: Visit | undefined;

  constructor(options: ClerkOptions) {
    this.#options = options;
    const { access, boxes, witness, random } = options;
    this.#till = new ReaderTill({
      access,
      silenceMs: SILENCE_MS,
      leaves: () => this.#tears(random),
      onPresented: (tapId, uid) => witness.tell({ kind: 'presented', tapId, uid, thing: uid }),
      onShown: message => {
        // What a screen rests on was on disk before, at the box where the wristband was until now too.
        for (const each of boxes) each.readJournal();
        witness.tell({ kind: 'showed', till: access.till, message });
      },
    });
  }

  /** Guest after guest; the one at hand is the last when it is over. */
  async work(isOver: () => boolean): Promise<void> {
    const { crowd, random, at, board } = this.#options;
    while (!isOver()) {
      if (!(await this.#isConnected())) continue;
      const guest = crowd.take();
      if (guest === undefined) await sleep(NOBODY_MS);
      else await this.#serve(guest, drawOrder(random, guest, at, board));
      if (random.chance(ASKS_OLD)) await this.#askOld();
      await sleep(between(random, PAUSE_MS));
    }
  }

  /** What is still open is finished, then each of them loads money once more: that settles whatever was interrupted. */
  async farewell(guests: Guest[]): Promise<void> {
    for (let guest = guests.pop(); guest !== undefined; guest = guests.pop()) {
      await this.#serve(guest, topUp(this.#options.random));
    }
  }

  async close(): Promise<void> {
    await this.#till.close();
  }

  async #serve(guest: Guest, order: Order): Promise<void> {
    const { random, crowd } = this.#options;
    const till = this.#till.tillId;
    const tap: TillTap = { ...order, till, uid: guest.chip.uid, answer: undefined };
    const patienceMs = between(random, PATIENCE_MS);
    this.taps.push(tap);
    const visit: Visit = { tap, guest, patienceMs, frozenMs: undefined, asked: 0 };
    this.#visit = visit;
    this.#tellAsked(tap);
    if (order.leaf === 'topup') this.#hand(guest, tap, order.amountMinor ?? 0);
    const answer = await this.#end(visit);
    tap.answer = answer;
    this.#visit = undefined;
    this.#conclude(guest, visit, answer);
    await this.#till.release();
    if (tap.leaf === 'cashout' && answer.outcome === 'approved') {
      await this.#payOut(guest, tap, answer.amountMinor);
    }
    if (visit.guest !== undefined) crowd.leaves(guest);
  }

  /** Asks until it is answered. */
  async #end(visit: Visit): Promise<TapResult> {
    const { tally } = this.#options;
    const { tap } = visit;
    for (;;) {
      if (!(await this.#isConnected())) {
        await this.#freeze(visit);
        continue;
      }
      if (visit.asked++ > 0) tally.askedAgain++;
      const answer = await this.#ask(visit);
      if (answer === 'gone' || answer === 'silent') {
        // The line may stand, and nothing comes: another one is better.
        if (answer === 'silent') await this.#till.close();
        await this.#freeze(visit);
      } else if (answer.outcome === 'fault') {
        tally.fault(answer.code);
        await sleep(FAULT_MS);
      } else {
        tally.tap(tap.leaf, outcomeOf(answer));
        return answer;
      }
    }
  }

  #ask({ tap, guest, asked }: Visit) {
    if (guest === undefined) return this.#till.cancel(tap.request.tapId);
    if (asked > 1) this.#tellAsked(tap);
    return this.#till.ask(tap.leaf, tap.request, guest.chip);
  }

  #tellAsked({ leaf, request: { tapId }, amountMinor, ofTapId, till }: TillTap): void {
    const { witness, box } = this.#options;
    witness.tell({ kind: 'asked', tapId, till, box: box.number, leaf, amountMinor, ofTapId });
  }

  /** The screen says nothing: some walk off. */
  async #freeze(visit: Visit): Promise<void> {
    const { crowd, witness, tally } = this.#options;
    const { guest, tap, patienceMs } = visit;
    if (guest === undefined) return;
    const nowMs = performance.now();
    visit.frozenMs ??= nowMs;
    if (nowMs - visit.frozenMs < patienceMs) return;
    visit.guest = undefined;
    guest.isWary = true;
    tally.walkedOff++;
    await this.#till.release();
    witness.tell({ kind: 'left', tapId: tap.request.tapId });
    crowd.leaves(guest);
  }

  #tears(random: Random): boolean {
    const guest = this.#visit?.guest;
    if (guest === undefined || guest.isWary || !random.chance(TEARS)) return false;
    guest.isWary = true;
    if (this.#till.isWriting) this.#options.tally.torn++;
    return true;
  }

  #conclude(guest: Guest, { tap, guest: present }: Visit, answer: TapResult): void {
    const isUntouched = answer.outcome === 'cancelled' && answer.chip === 'untouched';
    const isBack = answer.outcome === 'declined' || isUntouched;
    if (tap.leaf === 'topup' && isBack) this.#hand(guest, tap, -(tap.amountMinor ?? 0));
    // Who walked off has been elsewhere since.
    if (present === undefined) return;
    if (answer.outcome === 'cancelled' && !isUntouched) guest.isWary = true;
    if (answer.outcome !== 'approved') {
      if (tap.leaf === 'reverse') guest.lastSale = undefined;
      return;
    }
    guest.isWary = false;
    guest.heldMinor = answer.balanceMinor + answer.bonusMinor;
    guest.onlineMinor = Math.max(0, guest.onlineMinor - answer.loadedMinor);
    guest.lastSale = tap.leaf === 'charge' ? tap.request.tapId : undefined;
  }

  /** Cash over the counter: to the till, or back. */
  #hand({ name: guest }: Guest, { request: { tapId } }: TillTap, amountMinor: number): void {
    this.#options.witness.tell({ kind: 'handed', guest, tapId, tender: 'cash', amountMinor });
  }

  /** Handed over behind the green screen, also to somebody who had walked off, and the drawer says so until the box has heard it. */
  async #payOut(guest: Guest, tap: TillTap, amountMinor: number): Promise<void> {
    const { random, tally } = this.#options;
    this.#hand(guest, tap, -amountMinor);
    const request = { requestId: uuid(random), tapId: tap.request.tapId, operator: null };
    for (let asked = 0; ; asked++) {
      if (!(await this.#isConnected())) continue;
      if (asked > 0) tally.askedAgain++;
      const answer = await this.#till.tell('drawer-paid', request);
      if (answer === 'silent') await this.#till.close();
      if (typeof answer === 'string') continue;
      if (answer.outcome === 'done') return;
      if (answer.outcome !== 'fault') throw new TypeError(`drawer-paid was answered ${answer.outcome}`);
      tally.fault(answer.code);
      await sleep(FAULT_MS);
    }
  }

  async #askOld(): Promise<void> {
    const { random } = this.#options;
    const greens = this.taps.filter(({ answer }) => answer?.outcome === 'approved');
    const old = greens[random.below(Math.max(1, greens.length))];
    if (old === undefined) return;
    // Another answer than the first is for the auditor to find.
    if ((await this.#till.ask(old.leaf, old.request, undefined)) === 'silent') await this.#till.close();
  }

  async #isConnected(): Promise<boolean> {
    if (this.#till.isConnected || (await this.#till.connect(this.#options.port))) return true;
    await sleep(RECONNECT_MS);
    return false;
  }
}

function outcomeOf(answer: TapResult): string {
  switch (answer.outcome) {
    case 'declined':
      return `declined ${answer.reason}`;
    case 'cancelled':
      return `cancelled ${answer.chip}`;
    default:
      return answer.outcome;
  }
}
