/**
 * The box's PC/SC readers: one child process that holds them (`pcsc-child.ts`), started, watched and restarted here. A child
 * that ends, hangs or spins is replaced after a pause that doubles, so a broken driver never burns a core for long; its
 * readers are down meanwhile, and come back by themselves.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Timers } from '../../timers.ts';
import { LinkedReader } from '../linked-reader.ts';
import { FromChild, type ToChild } from './messages.ts';

export type PcscState =
  /** The child has not said anything yet, or waits for its next start. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'up'; readonly readers: readonly string[] }
  /** pcscd isn't running. */
  | { readonly kind: 'service-down' }
  /** nfc-pcsc isn't installed, or was built for another Node. */
  | { readonly kind: 'driver-missing'; readonly message: string }
  /** It ended, or hung and was killed; it is started again. */
  | { readonly kind: 'crashed'; readonly message: string };

export interface StationOptions {
  readonly log: { info(data: object, text: string): void; warn(data: object, text: string): void };
  readonly scriptDeadlineMs: number;
  readonly timers: Timers;
  /** 0 ≤ x < 1, for the pauses between starts. */
  readonly random: () => number;
  readonly child?: () => ChildProcess;
  /** Told of every change, for health and doctor. */
  readonly changed?: (state: PcscState) => void;
}

/** A till's claim to a reader: to the first whose name holds the text and that nobody else has. */
interface Claim {
  readonly match: string;
  readonly reader: LinkedReader;
  bound: string | undefined;
}

/** Silence after which a child counts as stuck: with the watch's own beat, its readers are down within two seconds. */
const SILENCE_MS = 1_400;
/** A child may take this long to start Node and load the driver. */
const START_MS = 6_000;
const PAUSE_MS = { first: 200, most: 30_000 };
/** A child that lived this long was no false start: the next pause is short again. */
const STEADY_MS = 20_000;

export class PcscStation {
  readonly #options: StationOptions;
  readonly #claims: Claim[] = [];
  readonly #present = new Set<string>();
  #state: PcscState = { kind: 'starting' };
  #child: ChildProcess | undefined;
  #callOffWatch = (): void => {};
  #callOffRestart = (): void => {};
  #falseStarts = 0;
  #closed = false;

  constructor(options: StationOptions) {
    this.#options = options;
  }

  /** Once all claims are made: a reader is told of when it appears, and not again. */
  start(): void {
    this.#start();
  }

  state(): PcscState {
    return this.#state;
  }

  /** Before `start`: a reader to keep; it is up while a PC/SC reader of that name is there. */
  claim(match: string): LinkedReader {
    const claim: Claim = {
      match,
      bound: undefined,
      reader: new LinkedReader({
        name: match === '' ? 'PC/SC reader' : match,
        via: 'box',
        deadlineMs: this.#options.scriptDeadlineMs,
        timers: this.#options.timers,
        reason: 'not-found',
        send: script => this.#send(claim, script),
      }),
    };
    this.#claims.push(claim);
    return claim.reader;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#callOffRestart();
    const child = this.#child;
    this.#drop('closed');
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await Promise.all(this.#claims.map(({ reader }) => reader.close()));
  }

  #start(): void {
    const { timers } = this.#options;
    const child = (this.#options.child ?? forkChild)();
    this.#child = child;
    const startedMs = performance.now();
    child.on('error', error => this.#ended(child, startedMs, error.message));
    child.on('exit', (code, signal) => this.#ended(child, startedMs, `exit ${code ?? signal}`));
    const stuck = (): void => {
      child.kill('SIGKILL');
      // Not waiting for its end: a process that hangs in the kernel may never come to it.
      this.#ended(child, startedMs, 'stuck');
    };
    child.on('message', message => {
      if (child !== this.#child) return;
      this.#callOffWatch();
      this.#callOffWatch = timers.after(SILENCE_MS, stuck);
      const told = FromChild.safeParse(message);
      if (told.success) this.#take(told.data);
      else stuck();
    });
    this.#callOffWatch = timers.after(START_MS, stuck);
  }

  #take(message: FromChild): void {
    switch (message.kind) {
      case 'beat':
        return;
      case 'driver-missing':
      case 'service-down':
        for (const { reader } of this.#claims) reader.lost(message.kind);
        this.#change(message);
        return;
      case 'service-up':
        this.#change({ kind: 'up', readers: [] });
        return;
      case 'field':
        if (!this.#present.has(message.reader)) this.#appeared(message.reader);
        this.#claimOf(message.reader)?.reader.sensed(message.field);
        return;
      case 'answer':
        this.#claimOf(message.reader)?.reader.answered(message.answer);
        return;
      case 'gone':
        this.#gone(message.reader);
        return;
    }
  }

  #appeared(name: string): void {
    this.#present.add(name);
    this.#bind(name);
    this.#change({ kind: 'up', readers: [...this.#present] });
  }

  #bind(name: string): void {
    const claim = this.#claims.find(({ bound, match }) => bound === undefined && name.includes(match));
    this.#options.log.info({ reader: name, claimed: claim !== undefined }, 'A PC/SC reader is here');
    if (claim !== undefined) claim.bound = name;
  }

  #gone(name: string): void {
    this.#present.delete(name);
    const claim = this.#claimOf(name);
    if (claim !== undefined) claim.bound = undefined;
    claim?.reader.lost('unplugged');
    this.#change({ kind: 'up', readers: [...this.#present] });
  }

  #claimOf(name: string): Claim | undefined {
    return this.#claims.find(({ bound }) => bound === name);
  }

  #send(claim: Claim, script: ToChild['script']): boolean {
    if (claim.bound === undefined || this.#child?.connected !== true) return false;
    this.#child.send({ reader: claim.bound, script } satisfies ToChild);
    return true;
  }

  /** Ended by itself, killed as stuck, or never came up. */
  #ended(child: ChildProcess, startedMs: number, message: string): void {
    if (child !== this.#child || this.#closed) return;
    const wasMissing = this.#state.kind === 'driver-missing';
    this.#options.log.warn({ message }, 'The reader process ended and will be replaced');
    this.#drop(wasMissing ? 'driver-missing' : 'driver-crashed');
    if (!wasMissing) this.#change({ kind: 'crashed', message });
    if (performance.now() - startedMs > STEADY_MS) this.#falseStarts = 0;
    const pauseMs = restartPauseMs(
      wasMissing ? Number.POSITIVE_INFINITY : this.#falseStarts,
      this.#options.random(),
    );
    this.#falseStarts += 1;
    this.#callOffRestart = this.#options.timers.after(pauseMs, () => this.#start());
  }

  #drop(reason: string): void {
    this.#callOffWatch();
    this.#child = undefined;
    this.#present.clear();
    for (const claim of this.#claims) {
      claim.bound = undefined;
      claim.reader.lost(reason);
    }
  }

  #change(state: PcscState): void {
    this.#state = state;
    this.#options.changed?.(state);
  }
}

/** How long a process that ended is left alone: doubling with each false start before it, and never quite the same. */
export function restartPauseMs(falseStarts: number, random: number): number {
  return Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** falseStarts) * (0.5 + random / 2);
}

function forkChild(): ChildProcess {
  return fork(fileURLToPath(new URL('./pcsc-child.ts', import.meta.url)), {
    // A test runner's flags and the like are not for this process; what it needs is little memory.
    execArgv: ['--max-semi-space-size=1', '--optimize-for-size'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
