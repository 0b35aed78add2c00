/**
 * A virtual NTAG213, NTAG215 or NTAG216: the state machine of the data sheet (NTAG213/215/216, Rev. 3.2), frame by
 * frame. It knows no time and no reader; `reader.ts` and `pcsc-card.ts` hold it in their fields. Left out:
 * COMPATIBILITY_WRITE (refused, as an unknown command would be), the ASCII mirrors, and a true originality signature.
 */
import { concatBytes, fromHex, toHex } from '../bytes.ts';
import {
  ACK,
  FAST_READ,
  GET_VERSION,
  HLTA,
  NAK,
  PWD_AUTH,
  READ,
  READ_CNT,
  READ_SIG,
  WRITE,
} from '../chip/ntag21x/commands.ts';
import {
  NTAG21X,
  type Ntag21xLayout,
  type Ntag21xModel,
  PAGE_BYTES,
  STATIC_LOCK_PAGE,
} from '../chip/ntag21x/model.ts';
import { Fault } from '../fault.ts';
import { dynamicLocksAfter, isDynamicallyLocked, isStaticallyLocked, staticLocksAfter } from './lock.ts';
import { factoryMemory } from './memory.ts';

/** Data sheet, section 8.4. READY states are the reader's anticollision and pass unseen here. */
export type ChipState = 'off' | 'idle' | 'halt' | 'active' | 'authenticated';

/**
 * Power lost while a page is being programmed.
 * `programmed`: how many of its four bytes have got there, 0 to 4, once everything has settled.
 * `weakReads`: for so many reads the whole new page is seen, then it decays to that.
 */
export interface TornPage {
  readonly programmed: number;
  readonly weakReads?: number;
}

const CAPABILITY_PAGE = 3;
const READ_PAGES = 4;
const SIGNATURE_BYTES = 32;
const COUNTER_ADDRESS = 0x02;
const COUNTER_MAX = 0xff_ffff;
const PROT = 0x80;
const CFGLCK = 0x40;
const NFC_CNT_EN = 0x10;
const NFC_CNT_PWD_PROT = 0x08;
const AUTHLIM = 0x07;
/** The length of each command, without its CRC (data sheet, section 10). */
const COMMAND_BYTES: ReadonlyMap<number, number> = new Map([
  [GET_VERSION, 1],
  [READ, 2],
  [FAST_READ, 3],
  [WRITE, 2 + PAGE_BYTES],
  [PWD_AUTH, 1 + PAGE_BYTES],
  [READ_CNT, 2],
  [READ_SIG, 2],
  [HLTA, 2],
]);

interface Programming {
  readonly page: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

interface WeakPage {
  readonly decaysTo: Uint8Array;
  readsLeft: number;
}

/** Everything that stays on a chip without power. Taking it and giving it to another chip is a clone, to the same one a rollback. */
export interface ChipImage {
  readonly memory: Uint8Array;
  readonly nfcCounter: number;
  readonly failedPasswords: number;
}

export class VirtualChip {
  readonly layout: Ntag21xLayout;
  /** 14 lower-case hex characters. */
  readonly uid: string;
  #memory: Uint8Array;
  #state: ChipState = 'off';
  #wokenFromHalt = false;
  #nfcCounter = 0;
  #isCounted = false;
  #failedPasswords = 0;
  #programming: Programming | undefined;
  /** CFGLCK works from the next power-on after it was written (section 8.5.7). */
  #isConfigurationLocked = false;
  readonly #weak = new Map<number, WeakPage>();

  /** A blank one, as from the factory. @throws Fault `chip-uid-invalid`. */
  constructor(uid: string, model: Ntag21xModel = 'ntag213') {
    if (!/^[0-9a-f]{14}$/.test(uid)) {
      throw new Fault('chip-uid-invalid', 'Give a 7-byte UID as 14 lower-case hex characters.', {
        detail: { length: uid.length },
      });
    }
    this.uid = uid;
    this.layout = NTAG21X[model];
    this.#memory = factoryMemory(this.layout, fromHex(uid));
  }

  get state(): ChipState {
    return this.#state;
  }

  powerOn(): void {
    if (this.#state !== 'off') return;
    this.#state = 'idle';
    this.#wokenFromHalt = false;
    this.#isCounted = false;
    this.#isConfigurationLocked = (this.#access() & CFGLCK) !== 0;
  }

  /** @param torn What becomes of a page that is just being programmed. */
  powerOff(torn: TornPage = { programmed: 0 }): void {
    const programming = this.#programming;
    this.#programming = undefined;
    this.#state = 'off';
    if (programming !== undefined) this.#tear(programming, torn);
  }

  /** Anticollision and selection. @param call REQA doesn't wake a halted chip, WUPA does. @returns whether it is active now. */
  activate(call: 'REQA' | 'WUPA' = 'WUPA'): boolean {
    if (this.#state === 'off' || (this.#state === 'halt' && call === 'REQA')) return false;
    this.#wokenFromHalt = this.#state === 'halt';
    this.#state = 'active';
    return true;
  }

  /** One whole exchange: a frame and the answer to it, both without CRC; undefined when the chip says nothing. */
  exchange(frame: Uint8Array): Uint8Array | undefined {
    const answer = this.begin(frame);
    this.finish();
    return answer;
  }

  /** As `exchange`, but a WRITE is programming until `finish`, and is torn by `powerOff` before that. */
  begin(frame: Uint8Array): Uint8Array | undefined {
    if (this.#state !== 'active' && this.#state !== 'authenticated') return undefined;
    const answer = this.#answer(frame);
    if (typeof answer !== 'number') return answer;
    // Any refusal sends the chip back to where it was woken from, and its authentication is gone (section 8.4).
    if (answer !== ACK) this.#state = this.#wokenFromHalt ? 'halt' : 'idle';
    return Uint8Array.of(answer);
  }

  /** The page is programmed, and the ACK goes out. */
  finish(): void {
    const programming = this.#programming;
    this.#programming = undefined;
    if (programming !== undefined) this.#memory.set(programming.after, programming.page * PAGE_BYTES);
  }

  /** What lies on the chip now, PWD and PACK in clear. */
  image(): ChipImage {
    return {
      memory: this.#memory.slice(),
      nfcCounter: this.#nfcCounter,
      failedPasswords: this.#failedPasswords,
    };
  }

  /** Puts an image back: the same chip's for a rollback, another chip's for a clone (a "magic" chip, UID and all). */
  restore(image: ChipImage): void {
    if (image.memory.length !== this.#memory.length) throw new RangeError('an image of another model');
    this.#memory = image.memory.slice();
    this.#nfcCounter = image.nfcCounter;
    this.#failedPasswords = image.failedPasswords;
    this.#weak.clear();
  }

  #answer(frame: Uint8Array): Uint8Array | number | undefined {
    const [command = -1, argument = 0, second = 0] = frame;
    if (COMMAND_BYTES.get(command) !== frame.length) return NAK.invalidArgument;
    switch (command) {
      case GET_VERSION:
        return this.layout.version.slice();
      case READ:
        return this.#read(argument);
      case FAST_READ:
        return this.#fastRead(argument, second);
      case WRITE:
        return this.#write(argument, frame.slice(2));
      case PWD_AUTH:
        return this.#authenticate(frame.slice(1));
      case READ_CNT:
        return this.#readCounter(argument);
      case READ_SIG:
        return argument === 0 ? new Uint8Array(SIGNATURE_BYTES) : NAK.invalidArgument;
      default:
        this.#state = 'halt';
        return undefined;
    }
  }

  /** Section 10.2: four pages, rolling over to page 0 after the last one that may be read. */
  #read(first: number): Uint8Array | number {
    const end = this.#mayRead(this.layout.packPage) ? this.layout.packPage + 1 : this.#auth0();
    if (first >= end) return NAK.invalidArgument;
    this.#count();
    const pages = Array.from({ length: READ_PAGES }, (_, index) => this.#seen((first + index) % end));
    return concatBytes(...pages);
  }

  /** Section 10.3: no rolling over. */
  #fastRead(first: number, last: number): Uint8Array | number {
    if (last < first || last > this.layout.packPage || !this.#mayRead(last)) return NAK.invalidArgument;
    this.#count();
    const pages = Array.from({ length: last - first + 1 }, (_, index) => this.#seen(first + index));
    return concatBytes(...pages);
  }

  /** Section 10.4. */
  #write(page: number, data: Uint8Array): number {
    if (page < STATIC_LOCK_PAGE || page > this.layout.packPage) return NAK.invalidArgument;
    if (this.#state !== 'authenticated' && page >= this.#auth0()) return NAK.invalidArgument;
    if (this.#isLocked(page)) return NAK.invalidArgument;
    this.#programming = { page, before: this.#page(page), after: this.#programmed(page, data) };
    this.#weak.delete(page);
    return ACK;
  }

  #tear({ page, before, after }: Programming, torn: TornPage): void {
    // Lock bytes and capability container are written all or not at all (section 10.4).
    if (this.#isTearingProtected(page)) {
      this.#memory.set(torn.programmed >= PAGE_BYTES ? after : before, page * PAGE_BYTES);
      return;
    }
    const settled = concatBytes(after.slice(0, torn.programmed), before.slice(torn.programmed));
    if (torn.weakReads === undefined || torn.weakReads === 0) {
      this.#memory.set(settled, page * PAGE_BYTES);
      return;
    }
    this.#memory.set(after, page * PAGE_BYTES);
    this.#weak.set(page, { decaysTo: settled, readsLeft: torn.weakReads });
  }

  /** Sections 10.7 and 8.8.2. */
  #authenticate(password: Uint8Array): Uint8Array | number {
    const limit = this.#access() & AUTHLIM;
    if (limit !== 0 && this.#failedPasswords >= limit) return NAK.authenticationCounter;
    if (toHex(password) !== toHex(this.#page(this.layout.pwdPage))) {
      if (limit !== 0) this.#failedPasswords += 1;
      return NAK.invalidArgument;
    }
    this.#failedPasswords = 0;
    this.#state = 'authenticated';
    return this.#page(this.layout.packPage).slice(0, 2);
  }

  /** Section 10.6; three bytes, low one first. */
  #readCounter(address: number): Uint8Array | number {
    const access = this.#access();
    const isOpen = (access & NFC_CNT_PWD_PROT) === 0 || this.#state === 'authenticated';
    if (address !== COUNTER_ADDRESS || (access & NFC_CNT_EN) === 0 || !isOpen) return NAK.invalidArgument;
    const count = this.#nfcCounter;
    return Uint8Array.of(count & 0xff, (count >>> 8) & 0xff, count >>> 16);
  }

  /** The NFC counter goes up by one at the first READ or FAST_READ after power-on, if enabled (section 8.6). */
  #count(): void {
    if (this.#isCounted || (this.#access() & NFC_CNT_EN) === 0) return;
    this.#isCounted = true;
    this.#nfcCounter = Math.min(this.#nfcCounter + 1, COUNTER_MAX);
  }

  #mayRead(page: number): boolean {
    return this.#state === 'authenticated' || (this.#access() & PROT) === 0 || page < this.#auth0();
  }

  #isLocked(page: number): boolean {
    const [, , low = 0, high = 0] = this.#page(STATIC_LOCK_PAGE);
    const [dynamicLow = 0, dynamicHigh = 0] = this.#page(this.layout.dynamicLockPage);
    return (
      isStaticallyLocked(low | (high << 8), page) ||
      isDynamicallyLocked(this.layout, dynamicLow | (dynamicHigh << 8), page) ||
      (this.#isConfigurationLocked && (page === this.layout.cfg0Page || page === this.layout.cfg1Page))
    );
  }

  /** What a page holds after a whole WRITE: lock bytes and capability container only gain bits. */
  #programmed(page: number, data: Uint8Array): Uint8Array {
    const held = this.#page(page);
    const [h0 = 0, h1 = 0, h2 = 0, h3 = 0] = held;
    const [d0 = 0, d1 = 0, d2 = 0, d3 = 0] = data;
    if (page === STATIC_LOCK_PAGE) {
      const locks = staticLocksAfter(h2 | (h3 << 8), d2 | (d3 << 8));
      return Uint8Array.of(h0, h1, locks & 0xff, locks >>> 8);
    }
    if (page === CAPABILITY_PAGE) return held.map((byte, index) => byte | (data[index] ?? 0));
    if (page === this.layout.dynamicLockPage) {
      const locks = dynamicLocksAfter(this.layout, h0 | (h1 << 8) | (h2 << 16), d0 | (d1 << 8) | (d2 << 16));
      return Uint8Array.of(locks & 0xff, (locks >>> 8) & 0xff, locks >>> 16, h3);
    }
    return Uint8Array.of(d0, d1, d2, d3);
  }

  #isTearingProtected(page: number): boolean {
    return page === STATIC_LOCK_PAGE || page === CAPABILITY_PAGE || page === this.layout.dynamicLockPage;
  }

  #auth0(): number {
    return this.#page(this.layout.cfg0Page)[3] ?? 0;
  }

  #access(): number {
    return this.#page(this.layout.cfg1Page)[0] ?? 0;
  }

  #page(page: number): Uint8Array {
    return this.#memory.slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }

  /** A page as a reader gets to see it: PWD and PACK are zero, and a weak page may be read once too often. */
  #seen(page: number): Uint8Array {
    if (page === this.layout.pwdPage || page === this.layout.packPage) return new Uint8Array(PAGE_BYTES);
    const content = this.#page(page);
    const weak = this.#weak.get(page);
    if (weak !== undefined) {
      weak.readsLeft -= 1;
      if (weak.readsLeft <= 0) {
        this.#memory.set(weak.decaysTo, page * PAGE_BYTES);
        this.#weak.delete(page);
      }
    }
    return content;
  }
}
