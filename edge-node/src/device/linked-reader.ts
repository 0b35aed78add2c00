import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { isExpected } from '@pulsera/firmware-protocol/reader/expect';
import type {
  Presence,
  Reader,
  ReaderSignal,
  ScriptResult,
  Step,
} from '@pulsera/firmware-protocol/reader/reader';
import { Signals } from '@pulsera/firmware-protocol/reader/signals';
import type { ReaderAnswer, ReaderField, ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import type { Timers } from '../timers.ts';

/**
 * A reader at the other end of a link: behind a till (MQTT) or in the box's reader process (IPC). A whole script goes over in
 * one message, so a tap costs two round trips, not eight. The far end is `serveReader` of the protocol.
 *
 * What it says is checked as far as that can be done from here: answers are compared with what their steps expect once
 * more, and a late or doubled answer is nobody's.
 */
export interface LinkedReaderOptions {
  readonly name: string;
  readonly via: 'box' | 'terminal';
  /** Hands a script to the far end; false when there is none. */
  readonly send: (script: ReaderScript) => boolean;
  /** After that long without an answer a script counts as stopped by the reader. */
  readonly deadlineMs: number;
  readonly timers: Timers;
  /** Scripts are numbered from here on; 0 unless given. A far end that outlives this one may still answer what an earlier one asked. */
  readonly scriptsFrom?: number;
  /** Why a reader that was never heard of is down. */
  readonly reason: string;
}

interface Waiting {
  readonly script: number;
  readonly steps: readonly Step[];
  readonly settle: (result: ScriptResult) => void;
}

const STOPPED_BY_READER: ScriptResult = { answers: [], stopped: 'reader' };

export class LinkedReader implements Reader {
  readonly name: string;
  readonly via: 'box' | 'terminal';
  readonly #options: LinkedReaderOptions;
  readonly #signals = new Signals();
  /** As numbered here, and as the far end numbers it: that one starts anew when the far end does. */
  #chip: { readonly here: Presence; readonly there: number } | undefined;
  #presences = 0;
  #downReason: string | undefined;
  #scripts: number;
  #waiting: Waiting | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: LinkedReaderOptions) {
    this.name = options.name;
    this.via = options.via;
    this.#options = options;
    this.#downReason = options.reason;
    this.#scripts = options.scriptsFrom ?? 0;
  }

  chip(): Presence | undefined {
    return this.#chip?.here;
  }

  isUp(): boolean {
    return this.#downReason === undefined;
  }

  /** Why it is down; undefined while it is up. */
  downReason(): string | undefined {
    return this.#downReason;
  }

  onSignal(listener: (signal: ReaderSignal) => void): () => void {
    return this.#signals.subscribe(listener);
  }

  run(script: readonly Step[]): Promise<ScriptResult> {
    // Who asks means the chip that is in the field at this moment, not the one that is when the queue has come this far.
    const chip = this.#chip;
    const result = this.#queue.then(() => this.#run(script, chip?.there));
    this.#queue = result;
    return result;
  }

  /** The far end's word on what its field holds. */
  sensed(field: ReaderField): void {
    switch (field.kind) {
      case 'present':
        this.#present(field.uid, field.presence);
        return;
      case 'removed':
        this.#lose();
        return;
      case 'unsupported':
        this.#lose();
        this.#signals.send(field);
        return;
      case 'up':
        this.#up();
        return;
      case 'down':
        this.lost(field.reason);
        return;
    }
  }

  /** The far end's answer to a script. */
  answered({ script, answers, stopped }: ReaderAnswer): void {
    if (this.#waiting?.script !== script) return;
    const claimed: ScriptResult = {
      answers: answers.map(fromHex),
      ...(stopped === null ? {} : { stopped }),
    };
    this.#settle(checked(this.#waiting.steps, claimed));
  }

  /** The far end is gone, or says that its reader is: nothing it held counts any more. */
  lost(reason: string): void {
    this.#settle(STOPPED_BY_READER);
    this.#lose();
    if (this.#downReason === undefined) {
      this.#downReason = reason;
      this.#signals.send({ kind: 'down', reason });
    }
    this.#downReason = reason;
  }

  async close(): Promise<void> {
    this.#settle(STOPPED_BY_READER);
    this.#chip = undefined;
    this.#downReason = 'closed';
    this.#signals.clear();
  }

  #run(steps: readonly Step[], presence: number | undefined): Promise<ScriptResult> {
    if (!this.isUp()) return Promise.resolve(STOPPED_BY_READER);
    if (presence === undefined || this.#chip?.there !== presence) {
      return Promise.resolve({ answers: [], stopped: 'removed' });
    }
    const script = ++this.#scripts;
    return new Promise(resolve => {
      const { timers, deadlineMs, send } = this.#options;
      const callOff = timers.after(deadlineMs, () => this.#settle(STOPPED_BY_READER));
      const settle = (result: ScriptResult): void => {
        callOff();
        resolve(result);
      };
      this.#waiting = { script, steps, settle };
      if (!send({ script, presence, steps: steps.map(onTheWire) })) this.#settle(STOPPED_BY_READER);
    });
  }

  #settle(result: ScriptResult): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.settle(result);
  }

  #present(uid: string, there: number): void {
    this.#up();
    if (this.#chip?.there === there && this.#chip.here.uid === uid) return;
    this.#lose();
    this.#presences += 1;
    const here = { uid, presence: this.#presences };
    this.#chip = { here, there };
    this.#signals.send({ kind: 'present', chip: here });
  }

  #lose(): void {
    if (this.#chip === undefined) return;
    this.#chip = undefined;
    this.#signals.send({ kind: 'removed' });
  }

  #up(): void {
    if (this.#downReason === undefined) return;
    this.#downReason = undefined;
    this.#signals.send({ kind: 'up' });
  }
}

function onTheWire({ bytes, expected }: Step): ReaderScript['steps'][number] {
  return {
    bytes: toHex(bytes),
    expected: 'bytes' in expected ? { bytes: toHex(expected.bytes) } : { length: expected.length },
  };
}

/** The result as the steps make it: answers up to the first that doesn't fit, and no more than there were steps. */
function checked(steps: readonly Step[], { answers, stopped }: ScriptResult): ScriptResult {
  const wrong = answers.findIndex((answer, i) => {
    const step = steps[i];
    return step === undefined || !isExpected(step.expected, answer);
  });
  if (wrong >= steps.length) return STOPPED_BY_READER;
  if (wrong !== -1) return { answers: answers.slice(0, wrong + 1), stopped: 'mismatch' };
  if (answers.length === steps.length) return { answers };
  // Fewer answers than steps, all as expected: then something else must have stopped it, whatever the far end says.
  return { answers, stopped: stopped === undefined || stopped === 'mismatch' ? 'reader' : stopped };
}
