/**
 * Stories for the auditor: two boxes, a few guests and a cloud, played on paper in the simplest way, where everything is right
 * unless it is told otherwise. Each step says the observations that a simulator would say; `lie` spoils them before they are heard.
 */
import { Auditor } from '../../src/rehearsal/auditor/auditor.ts';
import type { Finding } from '../../src/rehearsal/auditor/finding.ts';
import type { CloudRows, Seen } from '../../src/rehearsal/auditor/seen.ts';
import { entry, image, type Line, type PaperTap, uuid } from './paper.ts';

export type Lie = (seen: Seen) => readonly Seen[];

/** Where a tap stops. */
export type Ending = 'green' | 'torn-posted' | 'torn-dropped';

export interface Guest {
  readonly name: string;
  readonly wallet: string;
  uid: string;
  generation: number;
  at: string;
  number: number;
}

const STAND = 'bar';
type Case = CloudRows['cases'][number];

export class Story {
  readonly auditor = new Auditor();
  readonly findings: Finding[] = [];
  readonly cases: Case[] = [];
  readonly #lie: Lie;
  readonly #balances = new Map<string, number>();
  readonly #journals = new Map<number, Uint8Array[]>([
    [0, []],
    [1, []],
    [2, []],
  ]);
  readonly #guests: Guest[] = [];
  #atMs = 0;
  #ids = 0;

  constructor(lie: Lie = seen => [seen]) {
    this.#lie = lie;
  }

  say(seen: Seen extends infer S ? (S extends unknown ? Omit<S, 'atMs'> : never) : never): void {
    const timed = { ...seen, atMs: ++this.#atMs } as Seen;
    for (const heard of this.#lie(timed)) this.findings.push(...this.auditor.see(heard));
  }

  arrive(): Guest {
    const n = this.#guests.length + 1;
    const hex = n.toString(16);
    const [uid, wallet] = [`04${hex.padStart(12, '0')}`, hex.padStart(16, '0')];
    const at = image(0, 0, 0, 0, n);
    const guest = { name: `guest-${n}`, wallet, uid, generation: 1, at, number: 0 };
    this.#guests.push(guest);
    this.say({ kind: 'arrived', guest: guest.name, wallet, uid });
    this.#cloud(seq => entry.issued(seq, uid, wallet, 1, at));
    return guest;
  }

  /** @param thing what is held out, and the image on it, where that isn't the guest's own wristband */
  charge(
    guest: Guest,
    minor: number,
    box = 1,
    ending: Ending = 'green',
    thing?: { name: string; at: string },
  ) {
    const posted: Line[] = [
      [1, guest.wallet, minor],
      [7, STAND, -minor],
    ];
    const line = ['beer', 1, minor, minor, 0, 0];
    const effects = [[1, [STAND, [line], minor, 0, null]]] as const;
    return this.#tap(guest, 'charge', minor, { effects, held: [], posted }, box, ending, thing);
  }

  topUp(guest: Guest, minor: number, box = 1, ending: Ending = 'green') {
    const till = `till-${box}`;
    const held: Line[] = [
      [3, till, minor],
      [13, -minor],
    ];
    const posted: Line[] = [
      [13, minor],
      [1, guest.wallet, -minor],
    ];
    return this.#tap(guest, 'topup', minor, { effects: [[2, [minor, 0]]], held, posted }, box, ending);
  }

  cashOut(guest: Guest, minor: number, box = 1) {
    const posted: Line[] = [
      [1, guest.wallet, minor],
      [14, -minor],
    ];
    const { tap, place } = this.#tap(
      guest,
      'cashout',
      minor,
      { effects: [[5, [minor]]], held: [], posted },
      box,
    );
    const { tapId, till } = tap;
    this.#hand(guest, tapId, -minor);
    this.#store(box, seq => entry.drawerPaid(seq, place, tapId, till, minor));
    this.#book([
      [14, minor],
      [3, till, -minor],
    ]);
  }

  payOnline(guest: Guest, minor: number): void {
    this.say({ kind: 'paid-online', guest: guest.name, mainMinor: minor, bonusMinor: 0 });
    this.#credit(guest, minor, 0, `p${this.#ids++}`, [5, minor]);
  }

  /** Declined: nothing is written. */
  decline(guest: Guest, minor: number, reason: string, box = 1): void {
    const tapId = uuid(++this.#ids);
    const till = `till-${box}`;
    this.say({ kind: 'asked', tapId, till, box, leaf: 'charge', amountMinor: minor, ofTapId: null });
    this.say({ kind: 'presented', tapId, uid: guest.uid, thing: guest.uid });
    const shown = { balanceMinor: mainOf(guest.at), bonusMinor: 0, figures: {}, message: 'No.' };
    this.say({ kind: 'showed', till, message: { tapId, outcome: 'declined', reason, ...shown } });
  }

  copy(guest: Guest): { name: string; at: string } {
    const name = `copy of ${guest.uid}`;
    this.say({ kind: 'attacked', uid: guest.uid, thing: name, how: 'cloned' });
    return { name, at: guest.at };
  }

  /** The help desk gives another wristband, and what lay on the old one moves to it. */
  replace(guest: Guest): void {
    const from = guest.uid;
    const heldMinor = mainOf(guest.at);
    guest.uid = `05${from.slice(2)}`;
    guest.generation++;
    guest.number = 0;
    guest.at = image(0, 0, 0, 0, 500 + this.#ids);
    const { name, wallet, uid, generation, at } = guest;
    this.say({ kind: 'replaced', guest: name, from, to: uid });
    this.#cloud(seq => entry.issued(seq, uid, wallet, generation, at));
    const reference = `${wallet}/${generation - 1}`;
    this.#cloud(seq =>
      entry.credited(seq, [wallet, generation, ++guest.number], heldMinor, 2, reference, []),
    );
  }

  /** A charge that goes with the disk of its box, before it is synced. @param isTold whether the auditor hears of the disk */
  lose(guest: Guest, minor: number, box = 1, isTold = true): void {
    const journal = this.#journals.get(box) ?? [];
    const keptSeq = journal.length;
    this.charge(guest, minor, box);
    journal.length = keptSeq;
    this.#book([
      [1, guest.wallet, -minor],
      [7, STAND, minor],
    ]);
    if (isTold) this.say({ kind: 'disk-lost', box, epoch: 1, keptSeq });
    this.say({ kind: 'started', box, epoch: 1, lastSeq: keptSeq });
  }

  /** The disk of that box lacks its last entry, which nobody else has. */
  loseLast(box: number): void {
    const journal = this.#journals.get(box) ?? [];
    journal.length -= 1;
    this.say({ kind: 'disk-lost', box, epoch: 1, keptSeq: journal.length });
    this.say({ kind: 'started', box, epoch: 1, lastSeq: journal.length });
  }

  crash(box: number): void {
    this.say({ kind: 'power-cut', box });
    this.say({ kind: 'started', box, epoch: 1, lastSeq: this.#journals.get(box)?.length ?? 0 });
  }

  /** Everything is synced, and all that can be looked at is. @returns what the auditor found, all in all */
  end(): readonly Finding[] {
    this.say({ kind: 'projection', of: 'box 1', live: { 'till-1': 5 }, rebuilt: { 'till-1': 5 } });
    this.say({ kind: 'cloud', rows: this.rows() });
    for (const { uid, at } of this.#guests) {
      this.say({ kind: 'chip', uid, thing: uid, slots: [at, '00'.repeat(20)] });
    }
    this.findings.push(...this.auditor.end());
    return this.findings;
  }

  rows(): CloudRows {
    const journals = [...this.#journals].map(([box, contents]) => ({
      box,
      epoch: 1,
      contents: [...contents],
      checkpointSeq: box === 0 ? null : contents.length,
    }));
    return { journals, quarantined: [], balances: Object.fromEntries(this.#balances), cases: this.cases };
  }

  #tap(
    guest: Guest,
    leaf: 'charge' | 'topup' | 'cashout',
    minor: number,
    books: Pick<PaperTap, 'effects' | 'held' | 'posted'>,
    box: number,
    ending: Ending = 'green',
    thing?: { name: string; at: string },
  ) {
    const tapId = uuid(++this.#ids);
    const till = `till-${box}`;
    const before = thing?.at ?? guest.at;
    const { uid, wallet, generation } = guest;
    const totalMinor = mainOf(before) + (leaf === 'topup' ? minor : -minor);
    const counter = Number.parseInt(before.slice(0, 4), 16) + 1;
    const after = image(counter, totalMinor, creditOf(before), 0, 1000 + this.#ids);
    const tap: PaperTap = { tapId, till, uid, wallet, generation, before, after, ...books };
    this.say({ kind: 'asked', tapId, till, box, leaf, amountMinor: minor, ofTapId: null });
    if (leaf === 'topup') this.#hand(guest, tapId, minor);
    this.say({ kind: 'presented', tapId, uid, thing: thing?.name ?? uid });
    const seq = this.#store(box, at => entry.tap(at, tap));
    const place = [box, 1, seq] as const;
    this.#book(books.held);
    if (ending === 'green') {
      this.#store(box, at => entry.settlement(at, place, tap, 0));
      const figures = { loadedMinor: 0, balanceMinor: totalMinor, bonusMinor: 0 };
      const amountMinor = leaf === 'topup' ? -minor : minor;
      this.say({ kind: 'showed', till, message: { tapId, outcome: 'approved', amountMinor, ...figures } });
    } else {
      this.#store(box, at => entry.settlement(at, place, tap, 2, 5));
      this.say({ kind: 'showed', till, message: { tapId, outcome: 'cancelled', chip: 'unsettled' } });
    }
    if (ending !== 'torn-dropped') {
      this.#book(books.posted);
      if (thing) thing.at = after;
      else guest.at = after;
    }
    if (ending !== 'green') this.#settle(guest, tap, place, leaf, minor, ending);
    return { tap, place, ref: place.join('/') };
  }

  /** The cloud's word on a torn tap, and what it gives back. */
  #settle(
    guest: Guest,
    tap: PaperTap,
    place: readonly number[],
    leaf: string,
    minor: number,
    ending: Ending,
  ): void {
    const isPosted = ending === 'torn-posted';
    this.#cloud(seq => entry.settlement(seq, place, tap, isPosted ? 0 : 1, 4));
    const reference = `tap:${place.join('/')}`;
    if (leaf === 'charge' && isPosted) this.#credit(guest, minor, 1, reference, [7, STAND, minor]);
    if (leaf === 'topup' && !isPosted) this.#credit(guest, minor, 1, reference, [13, minor]);
  }

  #credit(
    { wallet, generation, ...guest }: Guest,
    minor: number,
    source: number,
    reference: string,
    by: Line,
  ) {
    const number = ++guest.number;
    const found = this.#guests.find(of => of.wallet === wallet);
    if (found) found.number = number;
    const postings: Line[] = [by, [1, wallet, -minor]];
    this.#cloud(seq => entry.credited(seq, [wallet, generation, number], minor, source, reference, postings));
    this.#book(postings);
  }

  #hand({ name }: Guest, tapId: string, amountMinor: number): void {
    this.say({ kind: 'handed', guest: name, tapId, tender: 'cash', amountMinor });
  }

  #cloud(make: (seq: number) => Uint8Array): void {
    const own = this.#journals.get(0);
    own?.push(make(own.length + 1));
  }

  #store(box: number, make: (seq: number) => Uint8Array): number {
    const journal = this.#journals.get(box) ?? [];
    const fromSeq = journal.length + 1;
    const content = make(fromSeq);
    journal.push(content);
    this.say({ kind: 'stored', box, epoch: 1, fromSeq, contents: [content] });
    return fromSeq;
  }

  #book(postings: readonly Line[]): void {
    for (const [family, ...rest] of postings) {
      const name = `${NAMES[family]}${rest.length > 1 ? `:${rest[0]}` : ''}`;
      this.#balances.set(name, (this.#balances.get(name) ?? 0) + Number(rest.at(-1)));
    }
  }
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'wallet-main',
  3: 'cash',
  5: 'online-clearing',
  7: 'revenue',
  13: 'topup-suspense',
  14: 'cashout-payable',
};

const mainOf = (hex: string) => Number.parseInt(hex.slice(8, 14), 16);
const creditOf = (hex: string) => Number.parseInt(hex.slice(22, 24), 16);
