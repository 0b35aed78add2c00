/**
 * Processes that play evenings side by side. One that dies, or whose evening doesn't move any more, is a finding with its seed like any
 * other, and another process takes its place.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Finding } from '../auditor/finding.ts';
import { NOTHING_PLAYED, type Order, type Report, type Said } from './order.ts';

export interface CrewOptions {
  readonly jobs: number;
  /** The module of a player's process. */
  readonly player: URL;
  /** In real time: an evening that stands still for that long is ended. */
  readonly hangMs: number;
}

interface Seat {
  readonly child: ChildProcess;
  /** The last that it said in anger. */
  stderr: string;
  at: Playing | undefined;
}

interface Playing {
  readonly order: Order;
  readonly done: (report: Report | undefined) => void;
  virtualMs: number;
  /** Real time. */
  movedMs: number;
}

const LOOKS_MS = 250;
const STDERR_LENGTH = 4_000;
const FLAGS = ['--disable-warning=ExperimentalWarning'];

export class Crew {
  readonly #options: CrewOptions;
  readonly #seats = new Set<Seat>();
  readonly #queue: Omit<Playing, 'virtualMs' | 'movedMs'>[] = [];
  readonly #looking: NodeJS.Timeout;
  #isDismissed = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#looking = setInterval(() => this.#look(), LOOKS_MS);
  }

  /** @returns undefined when all were sent home before it was played to its end */
  play(order: Order): Promise<Report | undefined> {
    return new Promise(done => {
      if (this.#isDismissed) done(undefined);
      else this.#queue.push({ order, done });
      this.#seat();
    });
  }

  /** Whatever is being played is left where it is. */
  dismiss(): void {
    this.#isDismissed = true;
    clearInterval(this.#looking);
    for (const { done } of this.#queue.splice(0)) done(undefined);
    for (const seat of this.#seats) {
      seat.at?.done(undefined);
      seat.at = undefined;
      seat.child.kill('SIGKILL');
    }
  }

  #seat(): void {
    while (this.#queue.length > 0) {
      const free = [...this.#seats].find(({ at }) => at === undefined);
      if (free === undefined && this.#seats.size >= this.#options.jobs) return;
      const seat = free ?? this.#hire();
      const next = this.#queue.shift();
      if (next === undefined) return;
      seat.at = { ...next, virtualMs: 0, movedMs: performance.now() };
      seat.child.send(next.order);
    }
  }

  #hire(): Seat {
    const child = fork(this.#options.player, [], {
      execArgv: FLAGS,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const seat: Seat = { child, stderr: '', at: undefined };
    this.#seats.add(seat);
    child.stderr?.on('data', chunk => {
      seat.stderr = `${seat.stderr}${chunk}`.slice(-STDERR_LENGTH);
    });
    child.on('message', (said: Said) => this.#hear(seat, said));
    // An order that no longer reaches it is one of a process that has ended.
    child.on('error', () => {});
    child.on('close', (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      this.#lose(seat, 'crash', `The process that played it ${how}. ${seat.stderr}`.trim());
    });
    return seat;
  }

  #hear(seat: Seat, said: Said): void {
    const { at } = seat;
    if (at === undefined) return;
    if (said.kind === 'done') {
      seat.at = undefined;
      at.done(said.report);
      this.#seat();
    } else if (said.virtualMs > at.virtualMs) {
      at.virtualMs = said.virtualMs;
      at.movedMs = performance.now();
    }
  }

  #look(): void {
    const { hangMs } = this.#options;
    for (const seat of this.#seats) {
      if (seat.at === undefined || performance.now() - seat.at.movedMs < hangMs) continue;
      this.#lose(
        seat,
        'hang',
        `The evening did not move for ${hangMs / 1000} s of real time, and was ended.`,
      );
      seat.child.kill('SIGKILL');
    }
  }

  #lose(seat: Seat, check: 'crash' | 'hang', what: string): void {
    this.#seats.delete(seat);
    const { at } = seat;
    seat.at = undefined;
    if (at !== undefined) {
      const { order, virtualMs } = at;
      const findings: Finding[] = [{ check, atMs: virtualMs, what }];
      at.done({ ...NOTHING_PLAYED, order, virtualMs, findings });
    }
    if (!this.#isDismissed) this.#seat();
  }
}
