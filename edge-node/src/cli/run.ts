/** Runs one command of the box: reads its arguments, prints what it tells, and turns whatever goes wrong into a sentence and an exit code. */
import { parseArgs } from 'node:util';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { CommandLine } from '@pulsera/firmware-protocol/wire/box-command';
import { COMMANDS } from './commands.ts';
import { inWords } from './in-words.ts';
import type { Command, Io } from './io.ts';
import { SETTINGS_HELP, SETTINGS_OPTIONS } from './settings.ts';

/** @returns the exit code: 0 done, 1 failed, 2 called wrongly */
export async function runCommand(name: string | undefined, args: readonly string[], io: Io): Promise<number> {
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name === undefined || load === undefined) {
    const asked = name === undefined || name === '--help' || name === 'help';
    if (!asked) io.complain(`command-unknown: there is no command ${name}.`);
    (asked ? io.print : io.complain)(await overview());
    return asked && name !== undefined ? 0 : 2;
  }
  const command = await load();
  const parsed = parse(command, args);
  if ('problem' in parsed) {
    io.complain(`arguments-invalid: ${parsed.problem}`);
    io.complain(usage(name, command));
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help === true) {
    io.print(
      `${usage(name, command)}\n\n${command.help}\n\n${SETTINGS_HELP}\n  --json             one JSON object a line`,
    );
    return 0;
  }
  const isJson = values.json === true;
  const tell = (line: CommandLine): void => {
    const words = isJson ? JSON.stringify(line) : inWords(line);
    if (words !== undefined) (line.kind === 'failed' && !isJson ? io.complain : io.print)(words);
  };
  try {
    const ended = await command.run({ options: values, operands: positionals, io, tell });
    tell({ kind: 'done' });
    return ended ? 0 : 1;
  } catch (error) {
    tell(failure(error));
    return 1;
  }
}

export function failure(error: unknown): Extract<CommandLine, { kind: 'failed' }> {
  if (error instanceof Fault) {
    return { kind: 'failed', code: error.code, message: error.message, detail: { ...error.detail } };
  }
  const message = `This is a mistake of the program, not yours; please report it: ${error instanceof Error ? error.message : String(error)}`;
  return { kind: 'failed', code: 'unexpected', message, detail: {} };
}

type Parsed = {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  positionals: string[];
};

function parse(command: Command, args: readonly string[]): Parsed | { problem: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...SETTINGS_OPTIONS,
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        ...command.options,
      },
    });
    const missing = command.operands.slice(positionals.length);
    if (values.help !== true && missing.length > 0)
      return { problem: `${missing.join(' and ')} is missing.` };
    const extra = positionals.slice(command.operands.length);
    return extra.length > 0 ? { problem: `${extra.join(' ')} is too much.` } : { values, positionals };
  } catch (error) {
    // The first sentence says what; the rest is about the shell.
    return {
      problem: `${(error instanceof Error ? error.message : String(error)).split('. ', 1)[0]?.replace(/\.$/, '')}.`,
    };
  }
}

function usage(name: string, { operands }: Command): string {
  return `usage: npm run edge -- ${[name, ...operands].join(' ')} [options]`;
}

async function overview(): Promise<string> {
  const width = Math.max(...Object.keys(COMMANDS).map(name => name.length));
  const rows = await Promise.all(
    Object.entries(COMMANDS).map(
      async ([name, load]) => `  ${name.padEnd(width)}  ${(await load()).summary}`,
    ),
  );
  return ['usage: npm run edge -- COMMAND [options], and --help behind a command for more', '', ...rows].join(
    '\n',
  );
}
