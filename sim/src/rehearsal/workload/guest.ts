/**
 * A guest's evening: comes, tops up, buys rounds and brings the cups back, looks at the balance, complains, loses the wristband and gets
 * another, goes home and has the rest paid out. The guest keeps a rough count in the head, and tops up when it runs low: what
 * comes of anything is for the tills to say.
 */
import type { Random } from '@pulsera/firmware-protocol/virtual/random';
import { boardMinor, CUP, PRODUCTS, type Product } from './board.ts';
import type { Intent, Line } from './intent.ts';
import { nextVisitMs } from './programme.ts';

export interface Habits {
  readonly eveningMs: number;
  /** Between two visits to a bar in the busiest phase, on average. */
  readonly gapMs: number;
  /** Rates, 0 to 1: per guest. */
  readonly paysOnline: number;
  readonly losesWristband: number;
  /** Of the wristbands lost: somebody picks it up, and tries to buy with it. */
  readonly isFound: number;
  readonly cashesOut: number;
  /** Per visit to a bar. */
  readonly looks: number;
  readonly complains: number;
}

/** How late the last ones come, as a share of the evening. */
const COMING = 0.4;
/** Top-ups are so many times this. */
const NOTE_MINOR = 500;
const MOST_NOTES = 8;
const MOST_OF_ONE = 3;
/** Who doesn't cash out all takes so much. */
const PART_MINOR = 300;
/** By then whoever loses a wristband has lost it, as a share of the evening. */
const LOSING = 0.8;
/** Until somebody who lost a wristband has noticed, and stood in the queue of the help desk; shares of the evening. */
const NOTICES = [0.01, 0.1] as const;
/** Until somebody else has found it, and between two tries with it. */
const FINDS = [0.005, 0.08] as const;
const MOST_TRIES = 4;
/** From then on people leave, as a share of the evening. */
const LEAVES = [0.95, 0.99] as const;

type Wish = Intent extends infer I ? (I extends Intent ? Omit<I, 'atMs' | 'guest'> : never) : never;

/** In the order of time; begins with `arrive` and ends with `go-home`. */
export function guestEvening(random: Random, guest: number, habits: Habits): readonly Intent[] {
  const intents: Intent[] = [];
  const want = (atMs: number, wish: Wish) => intents.push({ atMs, guest, ...wish } as Intent);
  const head = new Head(random, habits);
  const { eveningMs, gapMs } = habits;
  let atMs = random.below(Math.ceil(eveningMs * COMING));
  want(atMs, { what: 'arrive' });
  if (random.chance(habits.paysOnline)) want(++atMs, head.payOnline());
  const isLosing = random.chance(habits.losesWristband);
  const losesAtMs = isLosing ? drawBetween(random, atMs, LOSING * eveningMs) : Infinity;
  let isLost = false;
  for (;;) {
    const nextMs = nextVisitMs(random, atMs, gapMs, eveningMs);
    if (!isLost && losesAtMs < nextMs && losesAtMs < eveningMs) {
      isLost = true;
      atMs = Math.max(atMs, losesAtMs);
      want(atMs, { what: 'lose-wristband' });
      if (random.chance(habits.isFound)) intents.push(...findersTries(random, guest, atMs, eveningMs));
      atMs += drawShare(random, NOTICES, eveningMs);
      want(atMs, { what: 'replace-wristband' });
      continue;
    }
    if (nextMs >= eveningMs) break;
    atMs = nextMs;
    for (const wish of head.wishes()) want(atMs++, wish);
  }
  const [cashesOut, isPart] = [random.chance(habits.cashesOut), random.chance(0.3)];
  atMs = Math.max(atMs, drawShare(random, LEAVES, eveningMs));
  if (head.cups > 0) want(atMs++, head.returnCups(head.cups));
  if (cashesOut) want(atMs++, { what: 'cash-out', amountMinor: isPart ? PART_MINOR : null });
  want(atMs, { what: 'go-home' });
  return intents.sort((a, b) => a.atMs - b.atMs);
}

/** As long as the bars are open. */
function findersTries(random: Random, guest: number, lostMs: number, eveningMs: number): Intent[] {
  const tries: Intent[] = [];
  let atMs = lostMs;
  for (let left = 1 + random.below(MOST_TRIES); left > 0; left--) {
    atMs += drawShare(random, FINDS, eveningMs);
    const { id: product } = PRODUCTS[random.below(PRODUCTS.length)] as Product;
    const lines = [{ product, quantity: 1 + random.below(MOST_OF_ONE) }];
    if (atMs < LEAVES[0] * eveningMs) tries.push({ atMs, guest, what: 'finder-buys', lines });
  }
  return tries;
}

const drawShare = (random: Random, [least, most]: readonly [number, number], eveningMs: number) =>
  drawBetween(random, least * eveningMs, most * eveningMs);

const drawBetween = (random: Random, leastMs: number, mostMs: number) =>
  Math.floor(leastMs) + random.below(Math.max(1, Math.ceil(mostMs - leastMs)));

/** What the guest remembers: the rest of the money, roughly, and cups at the table. */
class Head {
  readonly #random: Random;
  readonly #habits: Habits;
  #leftMinor = 0;
  cups = 0;

  constructor(random: Random, habits: Habits) {
    this.#random = random;
    this.#habits = habits;
  }

  payOnline(): Wish {
    const mainMinor = this.#notes();
    const bonusMinor = this.#random.chance(0.3) ? NOTE_MINOR : 0;
    this.#leftMinor += mainMinor + bonusMinor;
    return { what: 'pay-online', mainMinor, bonusMinor };
  }

  /** Of one visit. */
  wishes(): readonly Wish[] {
    const random = this.#random;
    if (random.chance(this.#habits.looks)) return [{ what: 'look' }];
    if (random.chance(this.#habits.complains)) return [{ what: 'complain' }];
    if (this.cups > 0 && random.chance(0.3)) return [this.returnCups(1 + random.below(this.cups))];
    const lines = this.#round();
    const cost = boardMinor(lines);
    const topUps: Wish[] = [];
    while (this.#leftMinor < cost) topUps.push(this.#topUp());
    this.#leftMinor -= cost;
    return [...topUps, { what: 'buy', lines }];
  }

  returnCups(quantity: number): Wish {
    this.cups -= quantity;
    this.#leftMinor += quantity * CUP.depositMinor;
    return { what: 'buy', lines: [{ product: CUP.id, quantity }] };
  }

  /** One or two products; cups that are at the table may come back with the same round. */
  #round(): readonly Line[] {
    const random = this.#random;
    const lines: Line[] = [];
    for (let count = random.chance(0.25) ? 2 : 1; count > 0; count--) {
      const { id: product } = PRODUCTS[random.below(PRODUCTS.length)] as Product;
      if (lines.some(line => line.product === product)) continue;
      const quantity = 1 + random.below(MOST_OF_ONE);
      lines.push({ product, quantity });
    }
    const back = this.cups > 0 && random.chance(0.4) ? this.cups : 0;
    this.cups -= back;
    for (const { product, quantity } of lines) this.cups += hasCup(product) ? quantity : 0;
    return back > 0 ? [...lines, { product: CUP.id, quantity: back }] : lines;
  }

  #topUp(): Wish {
    const amountMinor = this.#notes();
    this.#leftMinor += amountMinor;
    return { what: 'top-up', amountMinor, tender: this.#random.chance(0.4) ? 'card' : 'cash' };
  }

  #notes(): number {
    return NOTE_MINOR * (1 + this.#random.below(MOST_NOTES));
  }
}

const hasCup = (id: string) => PRODUCTS.some(product => product.id === id && product.hasCup);
