/** Whoever works at a till: sells and loads, one guest after the other, and keeps to what tills must do when their box was away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import type { BenchTill } from '../bench/bar.ts';
import type { Answer, ReaderTill } from '../real/reader-till.ts';
import { uuid } from '../rehearsal/chance.ts';
import { balanceMinor } from './contradictions.ts';
import type { Crowd } from './crowd.ts';
import type { Asked, Witness } from './witness.ts';

/** A tap whose answer a dead box took along is asked for again, or given up, before anything else. */
const GIVES_UP = 0.15;
/** An old green tap is asked for once more: it must be answered as before. */
const ASKS_OLD = 0.1;
const LOADS = 0.25;
const LOAD_MINOR = 2_000;
const PAUSE_MS = 20;
const FULL_MINOR = 0xff_ff_ff;
/** Not the end of a tap: the till asks again. */
const NOT_YET = new Set(['answer-late', 'till-busy']);
const NOT_YET_MS = 100;

export interface Seat {
  readonly till: ReaderTill;
  readonly at: BenchTill;
  /** What one of everything in the cart costs. */
  readonly cartMinor: number;
}

interface Open {
  readonly asked: Asked;
  readonly chip: VirtualChip;
}

export class Clerk {
  readonly till: ReaderTill;
  readonly #seat: Seat;
  readonly #crowd: Crowd;
  readonly #witness: Witness;
  readonly #random: Random;
  readonly #greens: Asked[] = [];
  #open: Open | undefined;
  /** Taps finished that an earlier box was asked for. */
  resumed = 0;

  constructor(seat: Seat, crowd: Crowd, witness: Witness, random: Random) {
    this.till = seat.till;
    this.#seat = seat;
    this.#crowd = crowd;
    this.#witness = witness;
    this.#random = random;
  }

  get open(): string | undefined {
    return this.#open?.asked.tapId;
  }

  /** Until the box is gone, or it is told to rest: then the tap at hand is the last. @throws Error when a box that lives says nothing */
  async work(isResting: () => boolean): Promise<void> {
    let isResumed = this.#open !== undefined;
    while (isResumed || !isResting()) {
      this.#open ??= this.#begin();
      const { asked } = this.#open;
      const answer = await this.#ask(this.#open, isResumed);
      if (answer === 'gone') return;
      if (answer === 'silent')
        throw new Error(`${this.till.tillId} heard nothing of ${asked.leaf} ${asked.tapId}`);
      if (answer.outcome === 'fault' && NOT_YET.has(answer.code)) {
        await sleep(NOT_YET_MS);
        continue;
      }
      asked.answers.push(answer);
      if (answer.outcome === 'approved') this.#greens.push(asked);
      if (isResumed) this.resumed++;
      isResumed = false;
      await this.#end();
      if (this.#random.chance(ASKS_OLD)) await this.#askOld();
      await sleep(this.#random.below(PAUSE_MS));
    }
  }

  #ask({ asked, chip }: Open, isResumed: boolean): Promise<Answer> {
    const givesUp = isResumed && this.#random.chance(GIVES_UP);
    return givesUp ? this.till.cancel(asked.tapId) : this.till.ask(asked.leaf, asked.request, chip);
  }

  async #askOld(): Promise<void> {
    const old = this.#greens[this.#random.below(Math.max(1, this.#greens.length))];
    if (old === undefined) return;
    const answer = await this.till.ask(old.leaf, old.request, undefined);
    if (answer === 'silent') throw new Error(`${this.till.tillId} heard nothing of its old tap ${old.tapId}`);
    if (answer !== 'gone') old.answers.push(answer);
  }

  async #end(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await this.till.release();
    if (open !== undefined) this.#crowd.leaves(open.chip);
  }

  #begin(): Open {
    const chip = this.#crowd.next();
    const image = this.#crowd.currentOf(chip);
    const isRoomy = image !== undefined && balanceMinor(image) + LOAD_MINOR <= FULL_MINOR;
    const loads = isRoomy && this.#random.chance(LOADS);
    const tapId = uuid(this.#random);
    const { tillId: till } = this.till;
    const actor = { tapId, operator: null, shift: null };
    const asked = loads
      ? {
          leaf: 'topup' as const,
          amountMinor: -LOAD_MINOR,
          request: { ...actor, amountMinor: LOAD_MINOR, tender: 'cash' },
        }
      : {
          leaf: 'charge' as const,
          amountMinor: this.#seat.cartMinor,
          request: {
            ...actor,
            saleId: uuid(this.#random),
            lines: this.#seat.at.cart.map(product => ({ product, quantity: 1 })),
          },
        };
    return { chip, asked: this.#witness.asks({ tapId, till, uid: chip.uid, answers: [], ...asked }) };
  }
}
