/**
 * The Reader port: whatever can hold a chip in a field and exchange frames with it. It knows no chip
 * family and no purse. A real one is a PC/SC reader on the box or behind a till; the virtual one is
 * in `virtual/`. Both pass the contract suite in `reader.contract.ts`.
 */

/**
 * What an answer must be for the script to go on.
 * `bytes`: exactly these. `length`: any answer of that many bytes. Neither fits a NAK, which is one byte
 * (NTAG213/215/216 data sheet, section 9.3), unless one byte is what was asked for.
 */
export type Expected = { readonly bytes: Uint8Array } | { readonly length: number };

/** One frame to the chip, without CRC, and what must come back, without CRC. An ACK is the byte 0x0A. */
export interface Step {
  readonly bytes: Uint8Array;
  readonly expected: Expected;
}

/**
 * Why a script stopped. `mismatch`: the chip answered, but not that. `removed`: the chip left the field (or
 * stopped answering). `reader`: the reader itself failed or went away.
 */
export type ScriptStop = 'mismatch' | 'removed' | 'reader';

export interface ScriptResult {
  /** The answers got, in order; on `mismatch` the last one is the answer that did not fit. */
  readonly answers: readonly Uint8Array[];
  /** Absent when every step was answered as expected. */
  readonly stopped?: ScriptStop;
}

/** A chip came into the field. `presence` grows by one each time, so that two taps of one chip can be told apart. */
export interface Presence {
  /** 7-byte UID as 14 lower-case hex characters, as the reader's anticollision gave it; others are reported as `unsupported`. */
  readonly uid: string;
  readonly presence: number;
}

export type ReaderSignal =
  | { readonly kind: 'present'; readonly chip: Presence }
  | { readonly kind: 'removed' }
  /** More than one chip, or one with no 7-byte UID: staff must know why nothing happens. */
  | { readonly kind: 'unsupported'; readonly reason: 'several-chips' | 'foreign-chip' }
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly reason: string };

export interface Reader {
  readonly name: string;
  /** `box`: wired to the box itself. `terminal`: behind a till, whose claims are journaled as such and capped. */
  readonly via: 'box' | 'terminal';
  /** The chip in the field now, if any. */
  chip(): Presence | undefined;
  /** False while the reader is unplugged or its driver is down. */
  isUp(): boolean;
  /** Runs the steps against the chip in the field; never rejects for what the field does, see `ScriptStop`. */
  run(script: readonly Step[]): Promise<ScriptResult>;
  /** Subscribes; returns the way to unsubscribe. Signals come in order, each once. */
  onSignal(listener: (signal: ReaderSignal) => void): () => void;
  close(): Promise<void>;
}
