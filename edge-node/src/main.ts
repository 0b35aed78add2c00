/** The box's command line. Only here are the real clock, the real dice, the real files and the real process. */
import { randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Io, Parent } from './cli/io.ts';
import { runCommand } from './cli/run.ts';
import { eventLoop } from './event-loop.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

const parent = parentOf();
const io: Io = {
  env: process.env,
  clock: { wallMs: () => Date.now(), monoMs: () => performance.now() },
  loop: eventLoop,
  random: length => new Uint8Array(randomBytes(length)),
  crypto: webcrypto,
  readFile: path => readFileSync(path, 'utf8'),
  async readLine() {
    const { createInterface } = await import('node:readline');
    const lines = createInterface({ input: process.stdin, signal: stop.signal });
    for await (const line of lines) return line;
    return undefined;
  },
  print: line => void process.stdout.write(`${line}\n`),
  complain: line => void process.stderr.write(`${line}\n`),
  signal: stop.signal,
  ...(parent === undefined ? {} : { parent }),
};

const [name, ...args] = process.argv.slice(2);
process.exitCode = await runCommand(name, args, io);
// An open channel would keep this process alive for a parent that has nothing more to say.
if (process.connected) process.disconnect();

/** Whoever started this process with an IPC channel. */
function parentOf(): Parent | undefined {
  if (!process.connected) return undefined;
  const gone = new AbortController();
  process.once('disconnect', () => gone.abort());
  return {
    // Sent while the other side is going: nobody is left to read it.
    send: message => void process.send?.(message, undefined, undefined, () => {}),
    onMessage: listener => {
      process.on('message', listener);
      return () => process.off('message', listener);
    },
    gone: gone.signal,
  };
}
