/**
 * The auditor of the rehearsal: told what happened at the tills and what lies on the disks, it says what can't be right. This is
 * all that it ever hears, as pure data: what people did and saw, which cash moved, the bytes that boxes have on disk, the cloud's
 * rows, the chips at the end, and, since nobody could know otherwise, what was done dishonestly.
 *
 * It is written apart from the code that it audits: screens are read as JSON, journals by the decoder of `src/audit`, and none
 * of the purse's or the books' rules is imported.
 *
 * Observations come in the order of virtual time. Entries are told when they are on disk, before the screen that rests on them.
 * Amounts are minor units; UIDs, wallets, hashes and slots are lower-case hex; a place in a journal is `box/epoch/seq`.
 */
export type Seen = { readonly atMs: number } & (
  | People
  | AtATill
  | OnDisk
  | Dishonest
  | InTheCloud
  | AtTheEnd
);
export type SeenOf<K extends Seen['kind']> = Extract<Seen, { kind: K }>;

type People =
  /** With a new, empty wristband of generation 1. */
  | { readonly kind: 'arrived'; readonly guest: string; readonly wallet: string; readonly uid: string }
  /** Reported lost, or blocked by staff on purpose: it may be declined from now on. */
  | { readonly kind: 'reported-lost'; readonly uid: string }
  /** The help desk handed over another wristband of the same wallet. */
  | { readonly kind: 'replaced'; readonly guest: string; readonly from: string; readonly to: string }
  /** The guest's phone says that it is paid. */
  | {
      readonly kind: 'paid-online';
      readonly guest: string;
      readonly mainMinor: number;
      readonly bonusMinor: number;
    };

export type Leaf = 'charge' | 'topup' | 'cashout' | 'reverse' | 'balance';

type AtATill =
  /** The same again when a till asks under the same id again. */
  | {
      readonly kind: 'asked';
      readonly tapId: string;
      readonly till: string;
      readonly box: number;
      readonly leaf: Leaf;
      /**
       * What the guest agreed to: of a charge what the board says, negative when cups are worth more than what is bought; of a
       * top-up and a cash-out the amount. Null where nobody named one: all that there is, a reversal, a look at the balance.
       */
      readonly amountMinor: number | null;
      /** Of a reversal: the tap that paid. */
      readonly ofTapId: string | null;
    }
  /** A wristband touched the reader. `thing` is the very piece of plastic: a copy has another one than the wristband that it copies. */
  | {
      readonly kind: 'presented';
      readonly tapId: string;
      readonly uid: string;
      readonly thing: string;
    }
  /** What came on `result` or `prompt` and stood on the screen. */
  | { readonly kind: 'showed'; readonly till: string; readonly message: unknown }
  /** The guest walked off, the till went dark or on to another tap, before any answer was seen. */
  | { readonly kind: 'left'; readonly tapId: string }
  /**
   * Money moved over the counter: to the till is positive, back to the guest negative. What is topped up lies on the counter from the
   * request on, and is told of then; it goes back when the wristband is known to be untouched, and stays where it isn't: that
   * guest is given it back online. A cash-out is handed over behind its green screen.
   */
  | {
      readonly kind: 'handed';
      readonly guest: string;
      readonly tapId: string;
      readonly tender: 'cash' | 'card';
      readonly amountMinor: number;
    }
  /** At the end of a shift, and its box took it down: what the operator counted, and what really lay in the drawer. */
  | {
      readonly kind: 'counted';
      readonly till: string;
      readonly countedMinor: number;
      readonly heldMinor: number;
    };

type OnDisk =
  | {
      readonly kind: 'stored';
      readonly box: number;
      readonly epoch: number;
      readonly fromSeq: number;
      readonly contents: readonly Uint8Array[];
    }
  | { readonly kind: 'power-cut'; readonly box: number }
  /** A box came up, and its journal ends there. */
  | { readonly kind: 'started'; readonly box: number; readonly epoch: number; readonly lastSeq: number }
  /** The disk is an older image now, or a new one: of this epoch it holds nothing behind `keptSeq`. */
  | { readonly kind: 'disk-lost'; readonly box: number; readonly epoch: number; readonly keptSeq: number };

type Dishonest =
  /**
   * `thing` is the new copy, or the wristband whose bytes are others now: put back to what they were at `sinceMs`, changed without
   * the keys, or sealed with stolen ones.
   */
  | {
      readonly kind: 'attacked';
      readonly uid: string;
      readonly thing: string;
      readonly how: 'cloned' | 'rolled-back' | 'edited' | 'forged';
      readonly sinceMs?: number;
    }
  /** Somebody else sent a batch that a box had sent, and was answered: a fault's code, or null when it was taken. */
  | {
      readonly kind: 'replayed';
      /** The box in whose session. */
      readonly session: number;
      readonly how:
        | 'as-it-was'
        | 'in-another-session'
        | 'under-another-name'
        | 'changed-entry'
        | 'changed-head'
        | 'signed-anew';
      readonly answer: string | null;
    }
  /** Somebody else holds this till's certificate from now on, and whoever holds a wristband out there may pay for the thief. */
  | { readonly kind: 'till-stolen'; readonly till: string }
  /** What a box answered a till whose certificate somebody else holds too: on `result`, `prompt` or `reader/script`. */
  | { readonly kind: 'overheard'; readonly till: string; readonly message: unknown }
  /** This box, or this till, lies from now on. */
  | { readonly kind: 'crooked'; readonly box: number | null; readonly till: string | null };

/** Rows of the cloud. */
export interface CloudRows {
  /** Box 0 is the cloud's own. Contents from seq 1 on. */
  readonly journals: readonly {
    readonly box: number;
    readonly epoch: number;
    readonly contents: readonly Uint8Array[];
    /** What the cloud last acknowledged; null for its own. */
    readonly checkpointSeq: number | null;
  }[];
  /** Journals of which something was set aside. */
  readonly quarantined: readonly { readonly box: number; readonly epoch: number }[];
  readonly balances: Readonly<Record<string, number>>;
  readonly cases: readonly {
    readonly kind: string;
    readonly uid: string | null;
    readonly refs: readonly string[];
    readonly lossBoundMinor: number | null;
  }[];
}

type InTheCloud = { readonly kind: 'cloud'; readonly rows: CloudRows };

type AtTheEnd =
  | {
      readonly kind: 'chip';
      readonly uid: string;
      readonly thing: string;
      readonly slots: readonly [string, string];
    }
  /** Everything a box, or the cloud, projects from its journal, by key; and the same made anew from the journal. */
  | {
      readonly kind: 'projection';
      readonly of: string;
      readonly live: Readonly<Record<string, unknown>>;
      readonly rebuilt: Readonly<Record<string, unknown>>;
    };
