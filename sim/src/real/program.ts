/** A program of ours in a process of its own, started as its user starts it, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ProgramOptions<T> {
  /** The path of the program, then what it is told. */
  readonly args: readonly string[];
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What a line of its output says of its being up; undefined for any other line. */
  readonly upIn: (line: string) => T | undefined;
  /** All its lines go there too, behind what stands there. */
  readonly log?: string;
}

/** A program that isn't up by then hangs. */
const START_MS = 60_000;
/** Of lines it has said, for the evidence. */
const KEPT_LINES = 60;

export class Program<T> {
  readonly #process: ChildProcess;
  readonly #said: string[] = [];
  /** Undefined when it ended before it was up. */
  readonly up: Promise<T | undefined>;
  /** Resolves when it is gone and all that it said was heard. */
  readonly exited: Promise<unknown>;

  constructor({ args, env, upIn, log }: ProgramOptions<T>) {
    this.#process = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C is for the runner, which then ends everything in good order.
      detached: true,
    });
    this.exited = once(this.#process, 'close');
    const kill = () => this.#process.kill('SIGKILL');
    process.once('exit', kill);
    void this.exited.then(() => process.off('exit', kill));
    this.up = this.#listen(upIn, log);
  }

  /** Its last lines. */
  get said(): readonly string[] {
    return this.#said;
  }

  get isGone(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** SIGKILL. @param look at it, by its process id, while it is stopped for a moment before */
  async kill<L>(look?: (pid: number) => L): Promise<L | undefined> {
    const { pid } = this.#process;
    if (pid === undefined || this.isGone) return undefined;
    if (look !== undefined) this.#process.kill('SIGSTOP');
    const seen = look?.(pid);
    this.#process.kill('SIGKILL');
    await this.exited;
    return seen;
  }

  /** SIGTERM. @returns its exit code */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    await this.exited;
    return this.#process.exitCode;
  }

  #listen(upIn: ProgramOptions<T>['upIn'], log: string | undefined): Promise<T | undefined> {
    return new Promise(resolve => {
      const late = setTimeout(() => this.#process.kill('SIGKILL'), START_MS);
      const hear = (line: string) => {
        if (log !== undefined) appendFileSync(log, `${line}\n`);
        this.#said.push(line);
        if (this.#said.length > KEPT_LINES) this.#said.shift();
        const up = upIn(line);
        if (up === undefined) return;
        clearTimeout(late);
        resolve(up);
      };
      for (const output of [this.#process.stdout, this.#process.stderr]) {
        if (output !== null) createInterface(output).on('line', hear);
      }
      void this.exited.then(() => {
        clearTimeout(late);
        resolve(undefined);
      });
    });
  }
}

/** A line of a log in JSON with this message; undefined for any other line. */
export function logged<T>(line: string, message: string): T | undefined {
  if (!line.startsWith('{') || !line.includes(message)) return undefined;
  const told = JSON.parse(line) as T & { readonly msg: string };
  return told.msg === message ? told : undefined;
}
