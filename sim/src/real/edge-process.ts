/** `edge start` as its user starts it, to be killed. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { boxFiles } from '@pulsera/edge-node/box-files';

const PROGRAM = fileURLToPath(new URL('../../../edge-node/src/edge.js', import.meta.url));
/** A box that isn't up by then hangs. */
const START_MS = 60_000;
/** Of lines it has logged, for the evidence. */
const KEPT_LINES = 60;
/** Where SQLite's `-shm` has the locks of writing and of checkpointing (sqlite.org/walformat.html, 2.3). */
const WRITE_LOCK = 120;
const CHECKPOINT_LOCK = 121;

export interface Up {
  readonly mqttPort: number;
  readonly healthPort: number;
}

/** What the journal was at when the box died. */
export type JournalWork = 'committing' | 'checkpointing' | 'nothing';

export class EdgeProcess {
  readonly #process: ChildProcess;
  readonly #journal: string;
  readonly #exited: Promise<unknown>;
  readonly #said: string[] = [];
  /** Undefined when it ended before it was up. */
  readonly up: Promise<Up | undefined>;

  /** @param env beside this process's own */
  constructor(dataDir: string, config: string, env: Readonly<Record<string, string>>) {
    this.#journal = boxFiles(dataDir).journal;
    this.#process = spawn(process.execPath, [PROGRAM, 'start', '--config', config], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C is for the runner, which then ends the evening in good order.
      detached: true,
    });
    this.#exited = once(this.#process, 'close');
    const kill = () => this.#process.kill('SIGKILL');
    process.once('exit', kill);
    void this.#exited.then(() => process.off('exit', kill));
    this.up = this.#listen();
  }

  /** Its last lines. */
  get said(): readonly string[] {
    return this.#said;
  }

  get isGone(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** SIGKILL. It is stopped for a moment first, only to see what it was at. */
  async kill(): Promise<JournalWork> {
    const { pid } = this.#process;
    if (pid === undefined || this.isGone) return 'nothing';
    this.#process.kill('SIGSTOP');
    const work = journalWork(pid, `${this.#journal}-shm`);
    this.#process.kill('SIGKILL');
    await this.#exited;
    return work;
  }

  /** SIGTERM. @returns its exit code */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    await this.#exited;
    return this.#process.exitCode;
  }

  #listen(): Promise<Up | undefined> {
    return new Promise(resolve => {
      const late = setTimeout(() => this.#process.kill('SIGKILL'), START_MS);
      const hear = (line: string) => {
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
      void this.#exited.then(() => {
        clearTimeout(late);
        resolve(undefined);
      });
    });
  }
}

/** A command of the box's, such as `verify`. @throws Error with what it said when it fails */
export async function edgeCommand(name: string, config: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, name, '--config', config]);
  return stdout;
}

function upIn(line: string): Up | undefined {
  if (!line.startsWith('{')) return undefined;
  const told = JSON.parse(line) as Up & { readonly msg: string };
  return told.msg === 'The box is up' ? told : undefined;
}

/** By the locks that the process holds (proc(5), /proc/locks): of all of SQLite only they can be seen from outside. */
function journalWork(pid: number, shm: string): JournalWork {
  const inode = statSync(shm, { throwIfNoEntry: false })?.ino;
  if (inode === undefined) return 'nothing';
  const held = locks()
    .filter(lock => lock.pid === pid && lock.inode === inode)
    .map(({ from }) => from);
  if (held.includes(CHECKPOINT_LOCK)) return 'checkpointing';
  return held.includes(WRITE_LOCK) ? 'committing' : 'nothing';
}

function locks() {
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .map(line => /POSIX +ADVISORY +WRITE +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) (\d+)/.exec(line))
    .map(found => ({ pid: Number(found?.[1]), inode: Number(found?.[2]), from: Number(found?.[3]) }));
}
