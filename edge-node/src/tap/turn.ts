/**
 * Waiting for the right wristband at one reader. A chip that was there already must leave first, an interrupted tap takes only
 * its own chip, and the till is told what to ask for meanwhile.
 */
import type { DeclineReason } from '@pulsera/firmware-protocol/purse/decline';
import type { Presence, Reader, ReaderSignal } from '@pulsera/firmware-protocol/reader/reader';
import type { Prompt } from '@pulsera/firmware-protocol/wire/till';
import type { Timers } from '../timers.ts';
import type { Patience } from './patience.ts';

export type Ask = (ask: Prompt['ask'], reason: DeclineReason | null) => void;

export type Came =
  | { readonly kind: 'chip'; readonly chip: Presence }
  /** `gone`: nobody reads the answer any more. `reader-down`: only while no write is open. `worn-out`: tried often enough. */
  | { readonly kind: 'timeout' | 'cancelled' | 'gone' | 'reader-down' | 'worn-out' };

/** Why a tap under way is to be ended; the reason of its AbortSignal. */
export type Interruption = 'cancelled' | 'gone';

export interface TurnOptions {
  readonly reader: Reader;
  readonly timers: Timers;
  readonly waitMs: number;
  /** Of the till, for the box: it rests while a wristband is waited for. */
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly ask: Ask;
  /** The presence that the till's last tap was finished with. */
  readonly spent: number | undefined;
}

/** Looks at one presence, before the wristband has to be lifted. */
const LOOKS = 3;
/** Times that a wristband is held out for nothing: a chip whose page has died will never read better, and the tap must end. */
const TRIES = 8;
/** Of these, times that it was read well and declined. Then it isn't noise. */
const DECLINES = 3;

export class Turn {
  readonly #options: TurnOptions;
  #spent: number | undefined;
  #taken: number | undefined;
  #looks = 0;
  #tries = 0;
  #declines = 0;
  #reason: DeclineReason | null = null;
  #isAgain = false;
  #asked = '';

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#spent = options.spent;
  }

  /** The presence looked at last; undefined when no wristband was. */
  get taken(): number | undefined {
    return this.#taken;
  }

  /** The look led to nothing: ask for another. @param reason shown with the prompt */
  again(reason: DeclineReason | null): void {
    this.#reason = reason;
    this.#isAgain = true;
    if (reason !== null) this.#declines += 1;
    // Noise may pass if the chip is simply asked again; a reason won't.
    if (reason !== null || this.#looks >= LOOKS) this.#spent = this.#taken;
  }

  /**
   * Does something while the wristband stays where it is, for as long as one would be waited for.
   * @param work is told when the time is up or the tap is ended. @returns undefined for one that was ended: `next` says how
   */
  async meanwhile<T>(
    reason: DeclineReason,
    work: (signal: AbortSignal) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { timers, waitMs, signal, patience } = this.#options;
    this.#ask('hold-still', reason);
    patience.hold();
    const late = new AbortController();
    const callOff = timers.after(waitMs, () => late.abort());
    try {
      const done = await work(AbortSignal.any([signal, late.signal]));
      return signal.aborted ? undefined : done;
    } finally {
      callOff();
      patience.go();
    }
  }

  /** @param only the chip whose interrupted write is to be finished. */
  next(only: string | undefined): Promise<Came> {
    const { reader, timers, waitMs, signal, patience } = this.#options;
    return new Promise(resolve => {
      let isWaiting = false;
      let isOver = false;
      const over = (came: Came) => {
        isOver = true;
        if (isWaiting) patience.go();
        callOff();
        unsubscribe();
        signal.removeEventListener('abort', interrupted);
        if (came.kind === 'chip') this.#take(came.chip);
        resolve(came);
      };
      const interrupted = () => over({ kind: signal.reason as Interruption });
      const look = (hint: DeclineReason | null = null) => {
        const came = this.#look(only, hint);
        if (came !== undefined) over(came);
      };
      const callOff = timers.after(waitMs, () => over({ kind: 'timeout' }));
      const unsubscribe = reader.onSignal(seen => look(hintOf(seen)));
      signal.addEventListener('abort', interrupted);
      if (signal.aborted) interrupted();
      else if (patience.isLost) over({ kind: 'gone' });
      else if (this.#isWornOut()) over({ kind: 'worn-out' });
      else look();
      if (isOver) return;
      isWaiting = true;
      patience.hold();
    });
  }

  #look(only: string | undefined, hint: DeclineReason | null): Came | undefined {
    const { reader } = this.#options;
    // With a write open the tap can't end here; the reader's own state tells the till what is missing.
    if (!reader.isUp()) return only === undefined ? { kind: 'reader-down' } : undefined;
    const chip = reader.chip();
    if (chip === undefined) this.#ask(this.#wanted(only), hint ?? this.#reason);
    else if (chip.presence === this.#spent) this.#ask('remove-wristband', this.#reason ?? 'chip-not-removed');
    else if (only !== undefined && chip.uid !== only) this.#ask('tap-again', 'other-chip');
    else return { kind: 'chip', chip };
    return undefined;
  }

  /** The wristband that lies there may have looks left. */
  #isWornOut(): boolean {
    if (this.#declines >= DECLINES) return true;
    const presence = this.#options.reader.chip()?.presence;
    return this.#tries >= TRIES && (presence !== this.#taken || presence === this.#spent);
  }

  #wanted(only: string | undefined): Prompt['ask'] {
    return only !== undefined || this.#isAgain ? 'tap-again' : 'present-wristband';
  }

  #take(chip: Presence): void {
    this.#looks = chip.presence === this.#taken ? this.#looks + 1 : 1;
    if (this.#looks === 1) this.#tries += 1;
    this.#taken = chip.presence;
    if (this.#looks > 1) this.#ask('hold-still', this.#reason);
  }

  #ask(ask: Prompt['ask'], reason: DeclineReason | null): void {
    const asked = `${ask} ${reason}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#options.ask(ask, reason);
  }
}

function hintOf(signal: ReaderSignal): DeclineReason | null {
  if (signal.kind !== 'unsupported') return null;
  return signal.reason === 'several-chips' ? 'several-chips' : 'chip-foreign';
}
