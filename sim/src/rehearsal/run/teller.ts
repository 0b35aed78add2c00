/** Puts into words, one after the other, what happened around one guest, and leaves out the rest of the festival. */
import type { Notebook } from '../auditor/notebook.ts';
import { readScreen } from '../auditor/screen.ts';
import type { Seen, SeenOf } from '../auditor/seen.ts';
import { Shelf } from '../auditor/shelf.ts';
import type { TraceLine } from '../trace.ts';
import { bookedWords } from './booked.ts';
import type { Scope } from './scope.ts';
import {
  answerWords,
  boxName,
  drawnWords,
  endWords,
  entryWords,
  handedWords,
  imageWords,
  money,
  requestWords,
  screenWords,
  tapName,
} from './words.ts';

/** A till of the site, by the number that strikes know it by. */
export interface Stand {
  readonly till: string;
  readonly box: number;
}

export interface Line {
  readonly who: string;
  readonly what: string;
  /** Something else begins here: a visit that is told step by step, or the end of the night. */
  readonly isBegin?: boolean;
}

export class Teller {
  readonly #scope: Scope;
  readonly #notebook: Notebook;
  readonly #stands: readonly Stand[];
  readonly #asked = new Set<string>();
  /** Visits that are under way, told step by step: where they are. */
  readonly #open = new Map<string, Stand>();
  #isOver = false;
  /** Boxes whose power cut was told. */
  readonly #dark = new Set<number>();

  /** @param notebook of the whole evening */
  constructor(scope: Scope, notebook: Notebook, stands: readonly Stand[]) {
    this.#scope = scope;
    this.#notebook = notebook;
    this.#stands = stands;
  }

  /** Of strikes, and of tills, boxes and their lines while a visit is there. */
  noted({ who, what, detail }: TraceLine): readonly Line[] {
    const strike = /^strike \d+$/.exec(who);
    if (strike !== null) return this.#strike(who, what, detail);
    const fate = this.#scope.guest?.name === who ? FATES[what] : undefined;
    if (fate !== undefined) return [{ who, what: fate }];
    const [, whose = '', way] = /^(.*?)(?: (up|down|wire))?$/.exec(who) ?? [];
    const words = NOTES[what]?.(detail);
    if (words === undefined || !this.#isHere(at => whose === at.till || whose === boxName(at.box))) return [];
    return [{ who: whose, what: way === undefined ? words : `${WAYS[way]}: ${words}` }];
  }

  /** Of the boxes at which visits are told step by step. */
  #strike(who: string, what: string, { post, ...detail }: TraceLine['detail']): readonly Line[] {
    const stand = typeof post === 'number' ? this.#stands[post] : undefined;
    const { guest, visits, inFull } = this.#scope;
    const isMet = visits.some(({ tapId, box }) => inFull.has(tapId) && box === stand?.box);
    if (guest !== undefined && stand !== undefined && !isMet) return [];
    const at = stand === undefined ? '' : ` at ${stand.till}`;
    return [{ who, what: [`${what}${at}`, drawnWords(detail)].filter(Boolean).join(': ') }];
  }

  seen(seen: Seen): readonly Line[] {
    const scope = this.#scope;
    switch (seen.kind) {
      case 'arrived':
      case 'paid-online':
      case 'replaced':
        return scope.isGuest(seen.guest) ? [{ who: seen.guest, what: guestWords(seen) }] : [];
      case 'handed':
        return scope.inFull.has(seen.tapId) ? [{ who: seen.guest, what: handedWords(seen) }] : [];
      case 'reported-lost':
      case 'attacked':
        return scope.isOwn(seen.uid) ? [this.#wristband(seen)] : [];
      case 'chip':
        return scope.guest?.uids.includes(seen.uid) ? this.#atTheEnd([this.#wristband(seen)]) : [];
      case 'presented':
      case 'left':
        return scope.inFull.has(seen.tapId) ? [this.#atReader(seen)] : [];
      case 'asked':
        return this.#ask(seen);
      case 'showed':
        return this.#show(seen);
      case 'stored':
        return this.#store(seen);
      case 'power-cut':
      case 'started':
        return this.#power(seen);
      case 'disk-lost': {
        const what = `DISK LOST: of epoch ${seen.epoch} nothing is left behind seq ${seen.keptSeq}`;
        return scope.hasMet(seen) ? [{ who: boxName(seen.box), what }] : [];
      }
      case 'crooked': {
        const who = seen.box === null ? (seen.till ?? '') : boxName(seen.box);
        return scope.hasMet(seen) ? [{ who, what: 'DISHONEST from now on' }] : [];
      }
      case 'cloud':
        return this.#atTheEnd(
          bookedWords(scope, this.#notebook.cloud, seen.rows).map(what => ({ who: 'cloud', what })),
        );
      case 'counted': {
        const what = `counts ${money(seen.countedMinor)} in the drawer, where ${money(seen.heldMinor)} lie`;
        return scope.guest === undefined ? [{ who: seen.till, what }] : [];
      }
      case 'replayed': {
        const what = `DISHONEST: a batch is sent again ${seen.how}, and answered ${seen.answer ?? 'as taken'}`;
        return scope.guest === undefined ? [{ who: boxName(seen.session), what }] : [];
      }
      case 'till-stolen': {
        const what = 'DISHONEST: somebody else has its certificate from now on';
        return scope.guest === undefined ? [{ who: seen.till, what }] : [];
      }
      case 'overheard': {
        const what = `DISHONEST: somebody else is told ${JSON.stringify(seen.message)}`;
        return scope.guest === undefined ? [{ who: seen.till, what }] : [];
      }
      case 'projection':
        return [];
    }
  }

  #atTheEnd(lines: readonly Line[]): readonly Line[] {
    const [first, ...others] = lines;
    if (first === undefined || this.#isOver) return lines;
    this.#isOver = true;
    return [{ ...first, isBegin: true }, ...others];
  }

  #wristband(seen: SeenOf<'reported-lost' | 'attacked' | 'chip'>): Line {
    const { uid } = seen;
    const who = this.#notebook.guestOf(uid)?.name ?? 'somebody';
    if (seen.kind === 'reported-lost') return { who, what: `wristband ${uid} is out of use from now on` };
    if (seen.kind === 'attacked') return { who, what: `DISHONEST: ${uid} is ${seen.how}, as ${seen.thing}` };
    const thing = seen.thing === uid ? uid : `${seen.thing}, a copy of ${uid},`;
    return { who, what: `${thing} holds ${seen.slots.map(imageWords).join(' and ')}` };
  }

  #atReader(seen: SeenOf<'presented' | 'left'>): Line {
    const uid = seen.kind === 'presented' ? seen.uid : undefined;
    const who = this.#notebook.guestOf(uid)?.name ?? this.#scope.guest?.name ?? 'somebody';
    if (seen.kind === 'presented') {
      const copy = seen.thing === seen.uid ? '' : `, or rather ${seen.thing}`;
      return { who, what: `holds out wristband ${seen.uid}${copy}` };
    }
    this.#open.delete(seen.tapId);
    return { who, what: `leaves, and has seen no answer to ${tapName(seen.tapId)}` };
  }

  #ask({ tapId, till, box, leaf, amountMinor, ofTapId }: SeenOf<'asked'>): readonly Line[] {
    const isAgain = this.#asked.has(tapId);
    this.#asked.add(tapId);
    const request = `${requestWords(leaf, amountMinor, ofTapId)}, ${tapName(tapId)}`;
    if (this.#scope.inFull.has(tapId)) {
      this.#open.set(tapId, { till, box });
      const what = `${isAgain ? 'asks again for' : 'asks for'} ${request}, of box ${box}`;
      return [{ who: till, what, isBegin: !isAgain }];
    }
    const visit = this.#scope.visits.find(each => each.tapId === tapId);
    return visit === undefined || isAgain ? [] : [{ who: till, what: `${request}: ${endWords(visit)}` }];
  }

  #show({ till, message }: SeenOf<'showed'>): readonly Line[] {
    const screen = readScreen(message);
    if (screen === undefined) return [];
    if (!('tapId' in screen)) {
      return this.#scope.guest === undefined ? [{ who: till, what: `screen: ${answerWords(message)}` }] : [];
    }
    if (!this.#scope.inFull.has(screen.tapId)) return [];
    if ('outcome' in screen && screen.outcome !== 'fault') this.#open.delete(screen.tapId);
    return [{ who: till, what: `screen: ${screenWords(screen)}` }];
  }

  #store({ box, epoch, fromSeq, contents }: SeenOf<'stored'>): readonly Line[] {
    return new Shelf()
      .put(box, epoch, fromSeq, contents)
      .filter(({ read }) => this.#scope.concerns(read))
      .flatMap(stored => entryWords(stored) ?? [])
      .map(words => ({ who: boxName(box), what: `stores ${words}` }));
  }

  /** A visit that is told step by step is under way there, or this is about nobody in particular. */
  #isHere(is: (at: Stand) => boolean): boolean {
    return this.#scope.guest === undefined || [...this.#open.values()].some(is);
  }

  /** Of a box at which a visit is under way; it comes back when it does. */
  #power(seen: SeenOf<'power-cut' | 'started'>): readonly Line[] {
    const { box } = seen;
    const isHere = this.#isHere(at => at.box === box);
    if (seen.kind === 'power-cut') {
      if (isHere) this.#dark.add(box);
      return isHere ? [{ who: boxName(box), what: 'POWER CUT' }] : [];
    }
    const wasTold = this.#dark.delete(box);
    if (!wasTold && this.#scope.guest !== undefined) return [];
    return [{ who: boxName(box), what: `is up, with its journal to ${box}/${seen.epoch}/${seen.lastSeq}` }];
  }
}

function guestWords(seen: SeenOf<'arrived' | 'paid-online' | 'replaced'>): string {
  if (seen.kind === 'arrived') return `arrives, with the empty wristband ${seen.uid}`;
  if (seen.kind === 'replaced') return `is given wristband ${seen.to} in place of ${seen.from}`;
  const bonus = seen.bonusMinor > 0 ? `, and is given a bonus of ${money(seen.bonusMinor)}` : '';
  return `pays ${money(seen.mainMinor)} online${bonus}`;
}

/** Directions of a line, as it stands behind its till's name, or the box's. */
const WAYS: Readonly<Record<string, string>> = {
  up: 'line to the box',
  down: 'line from the box',
  wire: 'line to the cloud',
};
/** What becomes of a guest where no till is near. */
const FATES: Readonly<Record<string, string>> = {
  'lose-wristband': 'loses the wristband',
  'finder-buys': 'has lost the wristband, and whoever found it goes to buy with it',
};
/** What tills, boxes and lines note of themselves. */
const NOTES: Readonly<Record<string, (detail: TraceLine['detail']) => string>> = {
  fault: ({ code, leaf }) => `FAULT ${code} at ${leaf}`,
  crash: () => 'CRASHES, and has forgotten everything',
  again: () => 'has heard nothing, and asks again',
  'pressed twice': () => 'the button is pressed twice',
  'rang up wrong': () => 'that was rung up wrong',
  'does not start': ({ code }) => `DOES NOT START: ${code}`,
  restored: () => 'another disk is put in',
  rots: () => 'the disk rots',
  pages: ({ maxPages }) =>
    maxPages === null ? 'the disk has room again' : `the disk ends at page ${maxPages}`,
  cut: () => 'CUT',
  'half-open': () => 'HALF-OPEN, whatever is sent is lost',
  up: () => 'up again',
  lost: () => 'a message is lost',
  twice: () => 'a message comes twice',
  'published again': () => 'a message is sent again',
};
