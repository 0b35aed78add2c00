/** Everything seen so far, sorted by whom and what it is about. It judges nothing: the checks do. */
import { readImage } from '../../audit/entry.ts';
import { heldMinor, takenMinor } from './amounts.ts';
import { type Green, readScreen, type TapScreen } from './screen.ts';
import type { CloudRows, Seen, SeenOf } from './seen.ts';
import { Shelf, type Stored, type StoredTap } from './shelf.ts';
import { newVisit, standingAfter, type Touch, type Visit } from './visit.ts';

export interface Guest {
  readonly name: string;
  readonly wallet: string;
  /** UIDs, the newest last. */
  readonly uids: string[];
  /** Net of what the guest got back. */
  readonly handed: { cash: number; card: number };
  onlineMinor: number;
  bonusMinor: number;
}

/** A piece of plastic: what its last green screen said, or what it was copied with. */
interface Thing {
  readonly uid: string;
  /** Each of them possible; undefined when nobody can say. */
  totals: readonly number[] | undefined;
  order: number;
}

export interface Attack {
  readonly uid: string;
  readonly thing: string;
  readonly how: SeenOf<'attacked'>['how'];
  /** The bytes put back are as old as that; else as old as the attack. */
  readonly sinceMs: number;
  readonly atMs: number;
  readonly order: number;
}

export class Notebook {
  readonly guests = new Map<string, Guest>();
  readonly visits = new Map<string, Visit>();
  /** UIDs that may be declined as blocked or replaced. */
  readonly outOfUse = new Set<string>();
  readonly attacks: Attack[] = [];
  readonly crookedBoxes = new Set<number>();
  readonly crookedTills = new Set<string>();
  /** By till, since when somebody else holds its certificate: as touches count. */
  readonly stolenTills = new Map<string, number>();
  /** What people handed over who never came for a wristband of their own, net of what they were paid out. */
  readonly thieves = { cash: 0, card: 0 };
  /** What lies on the boxes' disks. */
  readonly disk = new Shelf();
  /** What did, until the disk was lost. */
  readonly lost = new Shelf();
  /** Entries of the last `stored`. */
  fresh: readonly Stored[] = [];
  /** The tap that the last screen was about, with that screen. */
  last: { readonly visit: Visit; readonly screen: TapScreen; readonly isFirstGreen: boolean } | undefined;
  cloud = new Shelf();
  rows: CloudRows = { journals: [], quarantined: [], balances: {}, cases: [] };
  /** By thing: its slots when all was over. */
  readonly chips = new Map<string, { readonly uid: string; readonly slots: readonly string[] }>();
  readonly projections: SeenOf<'projection'>[] = [];
  /** All drawers together were counted as so much more than lay in them. */
  overcountedMinor = 0;
  nowMs = 0;
  #order = 0;
  readonly #things = new Map<string, Thing>();
  readonly #touchedBy = new Map<string, Visit[]>();
  readonly #guestOf = new Map<string, Guest>();

  take(seen: Seen): void {
    this.nowMs = seen.atMs;
    this.#order++;
    switch (seen.kind) {
      case 'arrived':
        this.#arrive(seen);
        return;
      case 'reported-lost':
        this.outOfUse.add(seen.uid);
        return;
      case 'replaced':
        this.#replace(seen);
        return;
      case 'paid-online': {
        const guest = this.guest(seen.guest);
        guest.onlineMinor += seen.mainMinor;
        guest.bonusMinor += seen.bonusMinor;
        return;
      }
      case 'asked':
        this.#ask(seen);
        return;
      case 'presented':
        this.#present(seen);
        return;
      case 'showed':
        this.#show(seen);
        return;
      case 'left': {
        const visit = this.visit(seen.tapId);
        if (visit.standing === 'open') visit.standing = 'left';
        return;
      }
      case 'handed':
        (this.guests.get(seen.guest)?.handed ?? this.thieves)[seen.tender] += seen.amountMinor;
        this.visit(seen.tapId).handedMinor += seen.amountMinor;
        return;
      case 'counted':
        this.overcountedMinor += seen.countedMinor - seen.heldMinor;
        return;
      case 'stored':
        this.fresh = this.disk.put(seen.box, seen.epoch, seen.fromSeq, seen.contents);
        return;
      case 'disk-lost':
        this.#lose(seen);
        return;
      case 'attacked':
        this.#attack(seen);
        return;
      case 'crooked':
        if (seen.box !== null) this.crookedBoxes.add(seen.box);
        if (seen.till !== null) this.crookedTills.add(seen.till);
        return;
      case 'till-stolen':
        if (!this.stolenTills.has(seen.till)) this.stolenTills.set(seen.till, this.#order);
        return;
      case 'cloud':
        this.rows = seen.rows;
        this.cloud = new Shelf();
        for (const { box, epoch, contents } of seen.rows.journals) this.cloud.put(box, epoch, 1, contents);
        return;
      case 'chip':
        this.chips.set(seen.thing, seen);
        return;
      case 'projection':
        this.projections.push(seen);
        return;
      case 'power-cut':
      case 'started':
      case 'replayed':
      case 'overheard':
        return;
    }
  }

  guest(name: string): Guest {
    return this.guests.get(name) ?? unheardOf(`guest ${name}`);
  }

  guestOf(uid: string | undefined): Guest | undefined {
    return uid === undefined ? undefined : this.#guestOf.get(uid);
  }

  visit(tapId: string): Visit {
    return this.visits.get(tapId) ?? unheardOf(`tap ${tapId}`);
  }

  /** Every entry that a box had on disk for this tap, lost since or not. */
  tapsOf(tapId: string): readonly StoredTap[] {
    return [...this.disk.tapsOf(tapId), ...this.lost.tapsOf(tapId)];
  }

  /** The wristband that a tap was about: as journaled if that one was there, else the last that was held out. */
  touchOf(visit: Visit): Touch | undefined {
    const uids = new Set(this.tapsOf(visit.tapId).map(({ read }) => read.uid));
    return visit.touches.findLast(({ uid }) => uids.has(uid)) ?? visit.touches.at(-1);
  }

  /**
   * What a piece of plastic may hold just now: what the last green screen left on it, or any of the images that taps without a green
   * screen since then had on disk before they began to write. Undefined when nobody can say.
   * @param but this one: what it may hold beside what that visit wrote
   */
  mayHold(name: string, but?: Visit): readonly number[] | undefined {
    const thing = this.#things.get(name);
    if (!thing?.totals) return undefined;
    const open = this.visitsOf(name).filter(
      visit => visit !== but && !visit.shown && visit.touches.some(({ order }) => order > thing.order),
    );
    const torn = open.flatMap(({ tapId }) => this.tapsOf(tapId).map(({ read }) => heldMinor(read.after)));
    return [...new Set([...thing.totals, ...torn])];
  }

  /** Visits at which this piece of plastic was held out, in the order of its first touch. */
  visitsOf(thing: string): readonly Visit[] {
    return this.#touchedBy.get(thing) ?? [];
  }

  #arrive({ guest: name, wallet, uid }: SeenOf<'arrived'>): void {
    const handed = { cash: 0, card: 0 };
    const guest: Guest = { name, wallet, uids: [uid], handed, onlineMinor: 0, bonusMinor: 0 };
    this.guests.set(name, guest);
    this.#wear(guest, uid);
  }

  #replace({ guest: name, from, to }: SeenOf<'replaced'>): void {
    const guest = this.guest(name);
    guest.uids.push(to);
    this.outOfUse.add(from);
    this.#wear(guest, to);
  }

  #wear(guest: Guest, uid: string): void {
    this.#guestOf.set(uid, guest);
    this.#things.set(uid, { uid, totals: [0], order: this.#order });
  }

  #ask(seen: Extract<Seen, { kind: 'asked' }>): void {
    const known = this.visits.get(seen.tapId);
    if (!known) this.visits.set(seen.tapId, newVisit(seen, this.crookedTills.has(seen.till)));
    else if (known.standing === 'left') known.standing = 'open';
  }

  #present({ tapId, uid, thing }: SeenOf<'presented'>): void {
    const visit = this.visit(tapId);
    visit.touches.push({ uid, thing, order: this.#order, atMs: this.nowMs });
    const visits = this.#touchedBy.get(thing) ?? [];
    if (!visits.includes(visit)) visits.push(visit);
    this.#touchedBy.set(thing, visits);
  }

  #show({ message }: SeenOf<'showed'>): void {
    this.last = undefined;
    const screen = readScreen(message);
    if (!screen || !('tapId' in screen)) return;
    const visit = this.visits.get(screen.tapId);
    if (!visit) return;
    visit.screens.push(screen);
    visit.standing = standingAfter(visit, screen);
    const isFirstGreen = 'outcome' in screen && screen.outcome === 'approved' && !visit.shown;
    if (isFirstGreen) this.#green(visit, this.#truth(visit, screen));
    this.last = { visit, screen, isFirstGreen };
  }

  #green(visit: Visit, screen: Extract<TapScreen, { outcome: 'approved' }>): void {
    const touch = this.touchOf(visit);
    const thing = this.#things.get(touch?.thing ?? '');
    // Asked for again when the wristband had been elsewhere already: it says what was then.
    const isLate = !touch || !thing || this.#touchedSince(touch, visit);
    const before = isLate ? undefined : this.mayHold(touch.thing, visit);
    visit.shown = { screen, atMs: this.nowMs, before };
    if (isLate || touch.order < thing.order) return;
    thing.totals = [screen.balanceMinor + screen.bonusMinor];
    // A look changes nothing: what was open before it is so still.
    if (visit.leaf !== 'balance' || screen.loadedMinor > 0) thing.order = touch.order;
    else thing.totals = before ?? thing.totals;
  }

  /** The journal was written before the screen was shown, by a box that has no reason to lie. */
  #truth({ tapId, isCrooked }: Visit, screen: Green): Green {
    const [tap] = isCrooked ? this.disk.tapsOf(tapId).toReversed() : [];
    if (!tap) return screen;
    const { mainMinor: balanceMinor, bonusMinor } = readImage(tap.read.after);
    const amountMinor = takenMinor(tap.read);
    return { ...screen, amountMinor, balanceMinor, bonusMinor };
  }

  #touchedSince({ thing, order }: Touch, visit: Visit): boolean {
    return this.visitsOf(thing).some(
      other => other !== visit && other.touches.some(touch => touch.thing === thing && touch.order > order),
    );
  }

  #lose({ box, epoch, keptSeq }: SeenOf<'disk-lost'>): void {
    for (const { seq, content } of this.disk.cut(box, epoch, keptSeq)) {
      this.lost.put(box, epoch, seq, [content]);
    }
  }

  #attack({ uid, thing, how, atMs, sinceMs = atMs }: Extract<Seen, { kind: 'attacked' }>): void {
    this.attacks.push({ uid, thing, how, sinceMs, atMs, order: this.#order });
    const totals = how === 'cloned' ? this.mayHold(uid) : undefined;
    this.#things.set(thing, { uid, totals, order: this.#order });
  }
}

/** The story told is not whole: a fault of the simulator, not a finding. */
function unheardOf(what: string): never {
  throw new RangeError(`${what} was never told of`);
}
