/** A box with two tills, virtual readers and wristbands in virtual time, spoken to as a till would: bytes in, JSON out. */
import { concatBytes } from '@pulsera/firmware-protocol/bytes';
import { personalise } from '@pulsera/firmware-protocol/chip/ntag21x';
import { chipPassword, type KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import type { Fault } from '@pulsera/firmware-protocol/fault';
import type {
  ChipUid,
  Generation,
  KeySetNumber,
  OperatorId,
  SaleId,
  ShiftId,
  TapId,
  TillId,
} from '@pulsera/firmware-protocol/ids';
import { decodeEntry, type Entry } from '@pulsera/firmware-protocol/journal/entry';
import { type Image, imageFields, SLOT_BYTES, sealImage } from '@pulsera/firmware-protocol/purse/image';
import { IMMUTABLE_BYTES, sealImmutable } from '@pulsera/firmware-protocol/purse/immutable';
import type { Step } from '@pulsera/firmware-protocol/reader/reader';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { Plan } from '@pulsera/firmware-protocol/wire/plan';
import {
  Prompt,
  type TillRequest,
  type TillRequestLeaf,
  TillResult,
} from '@pulsera/firmware-protocol/wire/till';
import type { z } from 'zod';
import { type Journal, type JournalOptions, openJournal } from '../src/journal/journal.ts';
import { SellingPlan } from '../src/plan/selling.ts';
import { createTillDesk, type TillDesk, type TillDeskOptions } from '../src/stand/desk.ts';
import type { AskForRight } from '../src/stand/reverse.ts';
import { ChipKeys } from '../src/tap/keys.ts';
import { EVENT, HandClock, sampleOptions, scratch, sha256, uidOf, walletOf } from './journal-sample.ts';

export const BAR = 'bar-1' as TillId;
export const BAR_2 = 'bar-2' as TillId;
const KEY_SET = 1 as KeySetNumber;
export const GENERATION = 1 as Generation;
export const SELLER = 'sam' as OperatorId;
export const BOSS = 'bo' as OperatorId;

const keySet: KeySet = {
  number: KEY_SET,
  purse: new Uint8Array(16).fill(0x51),
  access: new Uint8Array(16).fill(0x52),
  password: new Uint8Array(16).fill(0x53),
};

const uuid = (kind: number, n: number) =>
  `00000000-0000-4000-80${kind.toString(16).padStart(2, '0')}-${n.toString(16).padStart(12, '0')}`;
export const tapNo = (n: number) => uuid(1, n) as TapId;
const saleNo = (n: number) => uuid(2, n) as SaleId;
export const shiftNo = (n: number) => uuid(3, n) as ShiftId;
export const requestNo = (n: number) => uuid(4, n) as TapId;

const sampleCaps = {
  chargeMinor: 10_000,
  chipMinor: 50_000,
  boxOfflineMinor: 100_000,
  terminalMinor: 100_000,
};

export function samplePlan(change: Partial<z.input<typeof Plan>> = {}): Plan {
  return Plan.parse({
    version: 1,
    eventId: EVENT,
    event: { name: 'Sample', currency: 'EUR', exponent: 2, timeZone: 'Europe/Berlin', endsAtMs: 1 },
    stands: [
      { id: 'bar', name: 'Bar' },
      { id: 'grill', name: 'Grill' },
    ],
    products: [
      { id: 'beer', name: 'Beer', kind: 'sale', priceMinor: 500, taxRateBp: 1900, depositMinor: 100 },
      { id: 'water', name: 'Water', kind: 'sale', priceMinor: 200, taxRateBp: 700, depositMinor: 0 },
      { id: 'cup', name: 'Cup', kind: 'deposit-return', priceMinor: 0, taxRateBp: 0, depositMinor: 100 },
      {
        id: 'steak',
        name: 'Steak',
        kind: 'sale',
        stand: 'grill',
        priceMinor: 1500,
        taxRateBp: 700,
        depositMinor: 0,
      },
    ],
    prices: [{ stand: 'grill', product: 'beer', priceMinor: 600 }],
    tills: [
      { id: BAR, stand: 'bar', name: 'Bar 1', kind: 'bar' },
      { id: BAR_2, stand: 'bar', name: 'Bar 2', kind: 'bar' },
      { id: 'grill-1', stand: 'grill', name: 'Grill 1', kind: 'bar' },
    ],
    staff: [
      { id: SELLER, name: 'Sam', role: 'seller' },
      { id: BOSS, name: 'Bo', role: 'supervisor' },
    ],
    zones: [],
    rules: {},
    caps: sampleCaps,
    keySets: [KEY_SET],
    ...change,
  });
}

/** Timers that ring when told that time has passed. */
class HandTimers {
  #nowMs = 0;
  readonly #set = new Map<() => void, number>();

  after(ms: number, callback: () => void): () => void {
    const ring = () => callback();
    this.#set.set(ring, this.#nowMs + ms);
    return () => void this.#set.delete(ring);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    for (const [ring, atMs] of this.#set) {
      if (atMs > this.#nowMs) continue;
      this.#set.delete(ring);
      ring();
    }
  }
}

/** A virtual reader that counts what is asked of it. */
export class CountingReader extends VirtualReader {
  scripts = 0;
  pageWrites = 0;

  override run(script: readonly Step[]) {
    this.scripts += 1;
    this.pageWrites += script.filter(({ bytes }) => bytes[0] === 0xa2).length;
    return super.run(script);
  }

  reset(): void {
    this.scripts = 0;
    this.pageWrites = 0;
  }
}

/** What a till leaves out, the schema fills in. */
export type Ask<L extends TillRequestLeaf> = z.input<(typeof TillRequest)[L]>;

export interface BarOptions {
  readonly plan?: Plan;
  readonly via?: 'box' | 'terminal';
  readonly journal?: Partial<JournalOptions>;
}

export class Bar {
  readonly clock = new HandClock();
  readonly place = scratch();
  readonly timers = new HandTimers();
  readonly readers = new Map<TillId, CountingReader>();
  readonly prompts: (Prompt & { till: string })[] = [];
  readonly faults: Fault[] = [];
  plan: SellingPlan | undefined;
  cutOffSinceMs: number | null = null;
  /** The cloud, as far as reversals go. */
  askForRight: AskForRight = async () => ({ outcome: 'unreachable' });
  journal: Journal;
  desk: TillDesk;
  /** Stands between the desk and the journal; see `crashAfter`. */
  #appends = Number.POSITIVE_INFINITY;
  #nonce = 0;
  #results: { till: string; result: TillResult }[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(options: BarOptions = {}) {
    this.plan = new SellingPlan(options.plan ?? samplePlan());
    for (const till of [BAR, BAR_2]) {
      const via = options.via ?? 'box';
      this.readers.set(till, new CountingReader({ name: till, clock: jumpingClock(), via }));
    }
    this.journal = openJournal({ ...sampleOptions(this.place.dir, this.clock), ...options.journal });
    this.desk = this.#makeDesk();
  }

  async close(): Promise<void> {
    await this.journal.close();
    this.place.remove();
  }

  /** The power goes and comes back: what is not on disk is gone. */
  async restart(): Promise<void> {
    this.#appends = 0;
    for (const till of this.readers.keys()) this.desk.onTerminalGone(till);
    await this.settle();
    await this.journal.close();
    this.#appends = Number.POSITIVE_INFINITY;
    this.journal = openJournal(sampleOptions(this.place.dir, this.clock));
    this.desk = this.#makeDesk();
    this.#results = [];
  }

  /** Lets so many more appends through; the next ones never come back, as if the plug had been pulled. */
  crashAfter(appends: number): void {
    this.#appends = appends;
  }

  reader(till: TillId = BAR): CountingReader {
    const reader = this.readers.get(till);
    if (reader === undefined) throw new Error(`no reader at ${till}`);
    return reader;
  }

  /** A wristband of our own, with that much on it. */
  async band(
    n: number,
    holding: Partial<Pick<Image, 'balanceMinor' | 'bonusMinor'>> = {},
  ): Promise<VirtualChip> {
    const chip = new VirtualChip(uidOf(n));
    await bless(chip, n, holding);
    return chip;
  }

  /** The answer to a request, once it comes. */
  async ask<L extends TillRequestLeaf>(leaf: L, request: Ask<L>, till = BAR): Promise<TillResult> {
    const from = this.#results.length;
    void this.tell(leaf, request, till);
    return await this.answer(request as { tapId?: string; requestId?: string }, from);
  }

  tell<L extends TillRequestLeaf>(leaf: L, request: Ask<L>, till = BAR): Promise<void> {
    return this.say(leaf, JSON.stringify(request), till);
  }

  say(leaf: string, text: string, till: string = BAR): Promise<void> {
    return this.desk.handle(till, leaf, new TextEncoder().encode(text));
  }

  /** @param from how many results had come before. */
  async answer(id: { tapId?: string; requestId?: string }, from = 0): Promise<TillResult> {
    for (;;) {
      const found = this.#results.slice(from).find(({ result }) => names(result, id));
      if (found) return found.result;
      await new Promise<void>(resolve => {
        const heard = () => {
          this.#listeners.delete(heard);
          resolve();
        };
        this.#listeners.add(heard);
      });
    }
  }

  get results(): readonly TillResult[] {
    return this.#results.map(({ result }) => result);
  }

  /** A round of beers (6.00 each with its cup) under tap `n`, with the wristband held out. */
  async charge(
    n: number,
    chip?: VirtualChip,
    change: Partial<Ask<'charge'>> = {},
    till = BAR,
  ): Promise<TillResult> {
    return await this.withChip(chip, till, () => this.ask('charge', { ...this.cart(n), ...change }, till));
  }

  cart(n: number, quantity = 1): Ask<'charge'> {
    return {
      tapId: tapNo(n),
      saleId: saleNo(n),
      operator: null,
      shift: null,
      lines: [{ product: 'beer' as never, quantity }],
    };
  }

  async topUp(n: number, chip: VirtualChip, amountMinor: number, till = BAR): Promise<TillResult> {
    const request = { tapId: tapNo(n), operator: null, shift: null, amountMinor, tender: 'cash' as const };
    return await this.withChip(chip, till, () => this.ask('topup', request, till));
  }

  async balance(n: number, chip: VirtualChip, till = BAR): Promise<TillResult> {
    return await this.withChip(chip, till, () => this.ask('balance', { tapId: tapNo(n) }, till));
  }

  /** Holds the chip out, does the work, and takes it away again. */
  async withChip<T>(chip: VirtualChip | undefined, till: TillId, work: () => Promise<T>): Promise<T> {
    if (chip) await this.reader(till).present(chip);
    const done = await work();
    if (chip) await this.reader(till).remove(chip);
    return done;
  }

  /** Lets everything happen that waits for nothing from outside. */
  async settle(): Promise<void> {
    for (let i = 0; i < 30; i++) await new Promise(resolve => setImmediate(resolve));
  }

  entries(): Entry[] {
    return this.journal.entriesAfter(0 as never, 1e6, 1e9).map(decodeEntry);
  }

  /** Kinds, and outcomes of settlements, in order. */
  story(): string[] {
    return this.entries().map(({ kind, body }) => (kind === 'settlement' ? `${body.outcome}` : kind));
  }

  /** What has moved through a till, by account, zeros left out. */
  books(till = BAR): Record<string, number> {
    return Object.fromEntries([...this.journal.views.tillTotals(till)].filter(([, minor]) => minor !== 0));
  }

  #makeDesk(): TillDesk {
    const options: TillDeskOptions = {
      journal: this.#unplugged(this.journal),
      plans: { current: () => this.plan },
      readerOf: till => this.readers.get(till),
      keys: () => new ChipKeys(EVENT, [keySet]),
      timers: this.timers,
      nonce: () => {
        this.#nonce += 1;
        return this.#nonce % 0x1_0000;
      },
      sha256,
      cutOffSinceMs: () => this.cutOffSinceMs,
      askForRight: (question, signal) => this.askForRight(question, signal),
      send: (till, leaf, json) => this.#hear(till, leaf, JSON.parse(json)),
      report: fault => void this.faults.push(fault),
    };
    return createTillDesk(options);
  }

  #unplugged(journal: Journal): Journal {
    return new Proxy(journal, {
      get: (target, key) => {
        if (key !== 'append') return Reflect.get(target, key, target) as unknown;
        return (...call: Parameters<Journal['append']>) => {
          this.#appends -= 1;
          return this.#appends < 0 ? new Promise(() => undefined) : target.append(...call);
        };
      },
    });
  }

  #hear(till: string, leaf: string, json: unknown): void {
    if (leaf === 'prompt') this.prompts.push({ ...Prompt.parse(json), till });
    else this.#results.push({ till, result: TillResult.parse(json) });
    for (const listener of [...this.#listeners]) listener();
  }
}

function names(result: TillResult, { tapId, requestId }: { tapId?: string; requestId?: string }): boolean {
  return 'requestId' in result ? result.requestId === (requestId ?? null) : result.tapId === tapId;
}

/** Makes a blank chip ours: immutable block, root image, empty second slot. */
export async function bless(
  chip: VirtualChip,
  n: number,
  holding: Partial<Pick<Image, 'balanceMinor' | 'bonusMinor'>> = {},
  { event = EVENT, password = keySet.password, generation = GENERATION } = {},
): Promise<void> {
  const uid = chip.uid as ChipUid;
  const { mac } = new ChipKeys(event, [keySet]).of(uid);
  const wallet = walletOf(n);
  const block = { keySet: KEY_SET, ageClass: 0, generation, event, wallet };
  const root = {
    counter: 0,
    nonce: 0xbeef,
    balanceMinor: 0,
    bonusMinor: 0,
    creditNumber: 0,
    keySet: KEY_SET,
  };
  const image = sealImage({ ...root, ...holding }, { uid, wallet, generation }, mac);
  const user = concatBytes(sealImmutable(block, uid, mac), image, new Uint8Array(SLOT_BYTES));
  const reader = new VirtualReader({ name: 'maker', clock: jumpingClock() });
  await reader.present(chip);
  const made = await personalise(reader, { uid, user, ...chipPassword(password, uid) });
  if (made.kind !== 'ok') throw new Error(`not personalised: ${made.kind}`);
  await reader.remove(chip);
}

/** Main and bonus in each slot, as it stands on the chip, sealed or not. */
function slotsOf(chip: VirtualChip): readonly [Uint8Array, Uint8Array] {
  const { memory } = chip.image();
  const at = 16 + IMMUTABLE_BYTES;
  return [memory.slice(at, at + SLOT_BYTES), memory.slice(at + SLOT_BYTES, at + 2 * SLOT_BYTES)];
}

/** The balance in the slot with the higher counter: right for a chip whose last write went well. */
export function balanceOf(chip: VirtualChip): number {
  const [a, b] = slotsOf(chip).map(imageFields);
  return ((a?.counter ?? 0) >= (b?.counter ?? 0) ? a?.balanceMinor : b?.balanceMinor) ?? 0;
}
