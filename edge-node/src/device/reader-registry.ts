import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { Reader, ReaderSignal } from '@pulsera/firmware-protocol/reader/reader';
import { ReaderAnswer, ReaderField, type ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { DEADLINES_MS, type ReaderState } from '@pulsera/firmware-protocol/wire/till';
import type { Timers } from '../timers.ts';
import { LinkedReader } from './linked-reader.ts';

/**
 * Which reader serves which till, and each till's word about it (`till/{id}/reader/state`, retained). A till that has no reader
 * assigned uses the one behind it; what is heard from behind a till that has one at the box is nobody's.
 */
export interface RegistryOptions {
  readonly publishState: (till: TillId, state: ReaderState) => void;
  /** Sends a script to the reader behind a till; false when the till isn't there. */
  readonly sendScript: (till: TillId, script: ReaderScript) => boolean;
  readonly timers: Timers;
  /** How often the box was started: a till's answer to a script of its last life must be nobody's in this one. */
  readonly boot: number;
}

export class ReaderRegistry {
  readonly #options: RegistryOptions;
  readonly #assigned = new Map<TillId, Reader>();
  readonly #behind = new Map<TillId, LinkedReader>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** From now on this reader, wired to the box, serves that till. */
  assign(till: TillId, reader: Reader): void {
    this.#assigned.set(till, reader);
    this.#follow(till, reader);
  }

  /** Always one: a till nobody assigned a reader to is served by the one behind it, up or not. */
  readerOf(till: TillId): Reader {
    return this.#assigned.get(till) ?? this.#behindTill(till);
  }

  /** `reader/field` and `reader/answer` of a till. Unreadable ones are told by false. */
  heard(till: TillId, verb: 'reader/field' | 'reader/answer', payload: Uint8Array): boolean {
    if (this.#assigned.has(till)) return true;
    const message = json(payload);
    if (verb === 'reader/answer') {
      const answer = ReaderAnswer.safeParse(message);
      if (answer.success) this.#behindTill(till).answered(answer.data);
      return answer.success;
    }
    const field = ReaderField.safeParse(message);
    if (field.success) this.#behindTill(till).sensed(field.data);
    return field.success;
  }

  /** The till came or went. A reader behind it went with it; when it is back it tells of itself. */
  tillPresence(till: TillId, online: boolean): void {
    if (!online) this.#behind.get(till)?.lost('terminal-gone');
    else this.#publish(till, this.readerOf(till));
  }

  /** Till and reader, for doctor and health. */
  all(): readonly { readonly till: TillId; readonly reader: Reader; readonly state: ReaderState }[] {
    return [...this.#assigned, ...this.#behind].map(([till, reader]) => ({
      till,
      reader,
      state: stateOf(reader, undefined),
    }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#assigned.values(), ...this.#behind.values()].map(reader => reader.close()));
  }

  #behindTill(till: TillId): LinkedReader {
    const known = this.#behind.get(till);
    if (known !== undefined) return known;
    const reader = new LinkedReader({
      name: `behind ${till}`,
      via: 'terminal',
      deadlineMs: DEADLINES_MS.readerScript,
      timers: this.#options.timers,
      reason: NEVER_SEEN,
      scriptsFrom: this.#options.boot * SCRIPTS_A_BOOT,
      send: script => this.#options.sendScript(till, script),
    });
    this.#behind.set(till, reader);
    this.#follow(till, reader);
    return reader;
  }

  #follow(till: TillId, reader: Reader): void {
    this.#publish(till, reader);
    reader.onSignal(signal => {
      if (signal.kind === 'up' || signal.kind === 'down') this.#publish(till, reader, signal);
    });
  }

  #publish(till: TillId, reader: Reader, signal?: ReaderSignal): void {
    this.#options.publishState(till, stateOf(reader, signal));
  }
}

const NEVER_SEEN = 'no-reader';
/** More than a box sends in its life; numbers stay safe integers over two million starts. */
const SCRIPTS_A_BOOT = 2 ** 32;

function stateOf(reader: Reader, signal: ReaderSignal | undefined): ReaderState {
  const { name } = reader;
  if (reader.isUp()) return { state: 'up', name, reason: null };
  const told = signal?.kind === 'down' ? signal.reason : undefined;
  const reason = told ?? (reader instanceof LinkedReader ? reader.downReason() : undefined) ?? 'down';
  return { state: reason === NEVER_SEEN ? 'none' : 'down', name, reason };
}

function json(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
}
