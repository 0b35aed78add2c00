/** What a command may touch of the world outside its arguments. `main.ts` makes the real one. */
import type { webcrypto } from 'node:crypto';
import type { ParseArgsOptionDescriptor } from 'node:util';
import type { CommandLine } from '@pulsera/firmware-protocol/wire/box-command';
import type { Environment } from '../config.ts';
import type { Random } from '../identity/vault.ts';
import type { Clock } from '../journal/journal.ts';
import type { EventLoop } from '../timers.ts';

export interface Io {
  readonly env: Environment;
  readonly clock: Clock;
  readonly loop: EventLoop;
  readonly random: Random;
  readonly crypto: webcrypto.Crypto;
  readonly readFile: (path: string) => string;
  /** The next line of standard input; undefined when there is none, or when it is over. */
  readonly readLine: () => Promise<string | undefined>;
  /** A line to standard output. */
  readonly print: (line: string) => void;
  /** A line to standard error. */
  readonly complain: (line: string) => void;
  /** Ctrl-C, or a supervisor's word. */
  readonly signal: AbortSignal;
  /** The process that started this one with an IPC channel, if one did. */
  readonly parent?: Parent;
}

export interface Parent {
  send(message: unknown): void;
  /** @returns how to unsubscribe */
  onMessage(listener: (message: unknown) => void): () => void;
  /** The other side has gone. */
  readonly gone: AbortSignal;
}

/** Options as `parseArgs` gave them: each a text, a list of texts, a yes, or left out. */
export type Options = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Invocation {
  readonly options: Options;
  readonly operands: readonly string[];
  readonly io: Io;
  /** The command's output; as JSON lines with `--json`, else in words. */
  readonly tell: (line: CommandLine) => void;
}

export interface Command {
  /** One line in the list of commands. */
  readonly summary: string;
  /** What `--help` prints below the usage line. */
  readonly help: string;
  /** As in the usage line: `TERMINAL`. */
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, ParseArgsOptionDescriptor>>;
  /** @returns false when it ended, and badly: exit code 1. @throws Fault */
  run(invocation: Invocation): Promise<boolean>;
}

/** The one text given for an option. */
export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function texts(options: Options, name: string): string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter(each => typeof each === 'string') : [];
}
