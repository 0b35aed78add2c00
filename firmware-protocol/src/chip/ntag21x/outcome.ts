/** Every way in which a dealing with a chip can end, each with its name. They are values: the flow decides what to do. */
import type { Presence, ScriptStop } from '../../reader/reader.ts';
import type { Ntag21xModel } from './model.ts';

/** Why a chip couldn't be read. None of these has changed anything on it. */
export type ChipFault =
  /** It isn't an NTAG213, 215 or 216. `version` is its answer to GET_VERSION, absent when it refused the question. */
  | { readonly kind: 'wrong-chip'; readonly version?: Uint8Array }
  /** An NTAG21x that anybody can read and write: fresh from the factory, or torn away while it was being personalised. */
  | { readonly kind: 'blank-chip'; readonly model: Ntag21xModel; readonly user: Uint8Array }
  /**
   * Protected, and not with any of the passwords given: another event's wristband, in the driver's eyes. Also a chip
   * that took the password and answered with a wrong PACK: it doesn't know what ours know.
   */
  | { readonly kind: 'foreign'; readonly reason: 'password' | 'pack' }
  /** It answered, but with fewer bytes than it must, or with noise. Ask for another tap. */
  | { readonly kind: 'short-answer'; readonly expectedBytes: number; readonly answer: Uint8Array }
  /** It left the field before it was read. */
  | { readonly kind: 'removed' }
  /** The reader failed or is unplugged. */
  | { readonly kind: 'reader-down' };

export type ReadOutcome =
  | {
      readonly kind: 'ok';
      readonly chip: Presence;
      /** Which of the passwords given was the right one. */
      readonly secret: number;
      /** Pages 4–9, 24 bytes. */
      readonly immutable: Uint8Array;
      /** Pages 10–14 and 15–19, 20 bytes each. */
      readonly slots: readonly [Uint8Array, Uint8Array];
    }
  | ChipFault;

/** How a write stopped, and what is known of it. */
export interface Tear {
  /** Pages whose ACK came. The page after them may be old, new, or neither. */
  readonly acknowledged: number;
  /** Pages that had to be written. */
  readonly total: number;
  readonly stopped: ScriptStop;
  /** What was read back, if it came to that: all pages were acknowledged, yet they hold something else. */
  readonly readBack?: Uint8Array;
}

export type WriteOutcome =
  /** All pages acknowledged, read back, and right. */
  | { readonly kind: 'ok'; readonly pagesWritten: number }
  /** Some of it may be on the chip. Only reading it again can tell. */
  | ({ readonly kind: 'torn' } & Tear)
  /** The chip answered the first WRITE with a NAK: nothing has changed. Mostly it has lost its authentication. */
  | { readonly kind: 'refused'; readonly nak: number }
  /** No chip, or another presence of one, before anything was sent: nothing has changed. */
  | { readonly kind: 'removed' }
  /** The reader was down before anything was sent: nothing has changed. */
  | { readonly kind: 'reader-down' };

/** True when the chip is certain to hold what it held before. */
export function isUnchanged(outcome: WriteOutcome): boolean {
  return outcome.kind !== 'ok' && outcome.kind !== 'torn';
}

/** The steps of personalising, in their order. */
export type PersonaliseStep = 'user' | 'password' | 'lock' | 'protection' | 'verification';

export type PersonaliseOutcome =
  | { readonly kind: 'ok'; readonly model: Ntag21xModel }
  /** It is one of ours and holds something else, which may be money. Nothing was changed; `replace` overwrites it. */
  | { readonly kind: 'already-personalised'; readonly model: Ntag21xModel; readonly user: Uint8Array }
  /** Lock bits or CFGLCK keep this chip from ever being made ours. Nothing was changed; take another one. */
  | { readonly kind: 'locked-chip'; readonly page: number }
  /** The user bytes don't fit into this model. */
  | { readonly kind: 'too-small'; readonly model: Ntag21xModel; readonly userBytes: number }
  /** Stopped on the way. Present the chip again and personalise it again. */
  | ({ readonly kind: 'torn'; readonly step: PersonaliseStep } & Tear)
  | Exclude<ChipFault, { kind: 'blank-chip' }>;
