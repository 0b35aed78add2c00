/**
 * One session at the encoding station: listens to the keys' holder, writes each wristband down before it may be touched and after it is
 * done, and says what to do with the one at hand. It knows no key, no reader and no screen.
 */
import type { ChipUid } from '@pulsera/firmware-protocol/ids';
import type { EncodingOutcome, FromEncoder } from '@pulsera/firmware-protocol/wire/encoding';
import type { Encoder } from './encoder.ts';
import type { Notes } from './notes.ts';

export interface Counts {
  readonly made: number;
  /** Ours before, unused: noted again. */
  readonly already: number;
  /** Not to be made one: put aside. */
  readonly aside: number;
  /** Held there too short, or torn away; done on a later try or not. */
  readonly again: number;
}

export interface SessionListener {
  /** A wristband is done, and not yet written down. */
  saved?(): void;
  /** After each chip, when it is on disk. */
  outcome?(outcome: EncodingOutcome, words: string): void;
  reader?(name: string, isUp: boolean, why: string | null): void;
  unsupported?(words: string): void;
  /** Everything else that the encoder says: scripts for a reader held here. */
  other?(message: FromEncoder): void;
}

/** What to do with the wristband in hand. */
export const OUTCOME_WORDS: Readonly<Record<EncodingOutcome['kind'], string>> = {
  made: 'made; the next one',
  'already-ours': 'one of this event already, and unused; the next one',
  'in-use': 'put it aside: it is one of this event and has been used, there may be money on it',
  damaged: 'put it aside: it takes our password and holds no purse of ours',
  foreign: 'put it aside: somebody else has protected it',
  'wrong-chip': 'put it aside: this is no NTAG213, 215 or 216',
  locked: 'put it aside: pages of it are locked for good',
  torn: 'taken away too soon: hold the same one there again',
  unreadable: 'not understood: hold the same one there again, alone and flat',
  removed: 'too short: hold the same one there again',
  'reader-down': 'the reader is gone: plug it in, then hold the same one there again',
};

const UNSUPPORTED = {
  'several-chips': 'more than one at the reader: one at a time',
  'foreign-chip': 'a card that is no wristband',
} as const;

type Fate = keyof Counts;

const FATES: Readonly<Record<EncodingOutcome['kind'], Fate>> = {
  made: 'made',
  'already-ours': 'already',
  'in-use': 'aside',
  damaged: 'aside',
  foreign: 'aside',
  'wrong-chip': 'aside',
  locked: 'aside',
  torn: 'again',
  unreadable: 'again',
  removed: 'again',
  'reader-down': 'again',
};

export class Session {
  readonly #encoder: Encoder;
  readonly #notes: Notes;
  readonly #listener: SessionListener;
  readonly #counts: Record<Fate, number> = { made: 0, already: 0, aside: 0, again: 0 };
  readonly #unsubscribe: () => void;
  #fail: (error: unknown) => void = () => {};
  /** Rejects when something could not be written down: then no further chip is touched. */
  readonly failed: Promise<never>;

  constructor(encoder: Encoder, notes: Notes, listener: SessionListener) {
    this.#encoder = encoder;
    this.#notes = notes;
    this.#listener = listener;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
    this.#unsubscribe = encoder.onMessage(message => {
      try {
        this.#take(message);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  counts(): Counts {
    return { ...this.#counts };
  }

  close(): void {
    this.#unsubscribe();
  }

  #take(message: FromEncoder): void {
    switch (message.kind) {
      case 'begun':
        this.#notes.begun(message.wristband);
        this.#encoder.send({ kind: 'go' });
        return;
      case 'outcome':
        this.#done(message.outcome);
        this.#encoder.send({ kind: 'next' });
        return;
      case 'reader':
        this.#listener.reader?.(message.name, message.isUp, message.why);
        return;
      case 'unsupported':
        this.#listener.unsupported?.(UNSUPPORTED[message.reason]);
        return;
      default:
        this.#listener.other?.(message);
    }
  }

  #done(outcome: EncodingOutcome): void {
    const isRepeated = 'wristband' in outcome && isDone(this.#notes, outcome.wristband.uid);
    if (!isRepeated) this.#note(outcome);
    this.#counts[isRepeated ? 'already' : FATES[outcome.kind]] += 1;
    const words = isRepeated ? 'this one is done; the next one' : OUTCOME_WORDS[outcome.kind];
    this.#listener.outcome?.(outcome, words);
  }

  #note(outcome: EncodingOutcome): void {
    if ('wristband' in outcome) {
      this.#listener.saved?.();
      this.#notes.made(outcome.wristband);
    } else if ('uid' in outcome && FATES[outcome.kind] === 'aside')
      this.#notes.aside(outcome.uid, outcome.kind);
  }
}

function isDone(notes: Notes, uid: ChipUid): boolean {
  const state = notes.stateOf(uid);
  return state !== undefined && state !== 'begun';
}
