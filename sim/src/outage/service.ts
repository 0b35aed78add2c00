/** A program that is started again when it has ended, as a service manager does it, for as long as it is meant to run. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../real/program.ts';
import type { Death } from './outages.ts';

export interface ServiceOptions<T> {
  readonly name: string;
  readonly start: () => Program<T>;
  readonly onUp: (up: T) => Promise<void>;
  /** What no program may do: end by itself, or not end when it is told to. */
  readonly onMisconduct: (what: string) => void;
}

/** Between an end and the next start. */
const AGAIN_MS = 300;
/** From SIGTERM on; a box has six seconds for a tap, the cloud 35 for a database that says nothing. */
const STOP_MS = 45_000;

export class Service<T> {
  readonly #options: ServiceOptions<T>;
  #program: Program<T> | undefined;
  #up: T | undefined;
  #isWanted = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ServiceOptions<T>) {
    this.#options = options;
  }

  /** What it said when it came up; undefined while it isn't. */
  get up(): T | undefined {
    return this.#up;
  }

  /** Resolves when it is up, however often that takes, or meant to run no more. */
  start(): Promise<void> {
    this.#isWanted = true;
    return new Promise((resolve, reject) => {
      this.#running = this.#run(resolve);
      this.#running.catch(reject);
    });
  }

  async end(death: Death): Promise<void> {
    this.#isWanted = false;
    const program = this.#program;
    if (program !== undefined && !program.isGone) {
      if (death === 'kill') await program.kill();
      else await this.#stop(program);
    }
    await this.#running;
  }

  async #run(isUp: () => void): Promise<void> {
    const { name, start, onUp, onMisconduct } = this.#options;
    while (this.#isWanted) {
      const program = start();
      this.#program = program;
      const up = await program.up;
      if (up !== undefined) {
        await onUp(up);
        this.#up = up;
        isUp();
      }
      await program.exited;
      this.#up = undefined;
      if (!this.#isWanted) break;
      if (up !== undefined) onMisconduct(`${name} ended by itself: ${program.said.slice(-5).join(' / ')}`);
      await sleep(AGAIN_MS);
    }
    isUp();
  }

  async #stop(program: Program<T>): Promise<void> {
    const { name, onMisconduct } = this.#options;
    const wasUp = this.#up !== undefined;
    const late = setTimeout(() => {
      onMisconduct(`${name} did not end within ${STOP_MS} ms of SIGTERM`);
      void program.kill();
    }, STOP_MS);
    const code = await program.stop();
    clearTimeout(late);
    // Before it is up it may not listen to signals yet.
    if (wasUp && code !== 0) onMisconduct(`${name} left with ${code} when it was told to stop`);
  }
}
