/** Another process, asked one thing at a time. It ends when we end, however we do. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a program can be asked, and what it answers to each. */
type Protocol = Readonly<Record<string, (...input: never[]) => unknown>>;
type Input<P extends Protocol, K extends keyof P> = Parameters<P[K]>;

export class Child<P extends Protocol> {
  readonly #process: ChildProcess;

  /** @param file path of the program, beside this file. @param flags for Node; left out: those this process runs with */
  constructor(file: string, flags: readonly string[] = process.execArgv) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), {
      execArgv: [...flags],
      serialization: 'advanced',
      // Ctrl-C is for whoever started it, who then ends it in good order.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** @throws Error when the program fails, or ends without an answer */
  async ask<K extends keyof P & string>(what: K, ...input: Input<P, K>): Promise<Awaited<ReturnType<P[K]>>> {
    const over = new AbortController();
    const { signal } = over;
    this.#process.send({ what, input });
    try {
      const [message] = await Promise.race([
        once(this.#process, 'message', { signal }),
        once(this.#process, 'exit', { signal }).then(([code]) => {
          throw new Error(`the program that was asked for ${what} has ended with ${code}`);
        }),
      ]);
      return message.answer as Awaited<ReturnType<P[K]>>;
    } finally {
      over.abort();
    }
  }

  /** At once, whatever it is at. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill(signal);
    await exited;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await exited;
  }
}

/** What this process took of the processors so far, all its threads together, microseconds. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The other side: answers until whoever asks is gone. @param end lets go of what was started */
export function serve<P extends Protocol>(answers: P, end: () => Promise<void>): void {
  process.on('message', (message: { what: keyof P; input: never[] }) => {
    void Promise.resolve(answers[message.what]?.(...message.input)).then(answer =>
      process.send?.({ answer }),
    );
  });
  process.once('disconnect', () => void end().finally(() => process.exit()));
  process.on('SIGINT', () => undefined);
}
