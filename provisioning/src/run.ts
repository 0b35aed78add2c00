/** Runs one command: reads its arguments, and turns whatever goes wrong into a sentence and an exit code. Never a stack trace. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { BOX_HELP, readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { doctor } from './doctor.ts';
import { enrol } from './enrol.ts';
import type { Io } from './io.ts';
import { till } from './till.ts';
import { wristbands } from './wristbands.ts';

const COMMANDS: Readonly<Record<string, Command>> = { enrol, doctor, wristbands, till };

/** @returns the exit code: 0 done, 1 failed, 2 called wrongly */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    io.print(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    io.complain(`command-unknown: there is no command ${name}.\n${overview()}`);
    return 2;
  }
  const asked = readArguments(command, rest);
  if ('problem' in asked) {
    io.complain(`arguments-invalid: ${asked.problem}\nSee: npm run provision -- ${name} --help`);
    return 2;
  }
  if (asked.options.help === true) {
    io.print(`${usage(name, command)}\n\n${command.summary}\n\n${command.help}\n${BOX_HELP}`);
    return 0;
  }
  try {
    return (await command.run({ ...asked, io })) ? 0 : 1;
  } catch (error) {
    const { code, message } = named(error);
    io.complain(`${code}: ${message}`);
    return code === 'arguments-invalid' ? 2 : 1;
  }
}

function named(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'unexpected',
    message: `This is a mistake of the program, not yours; please report it: ${message}`,
  };
}

function usage(name: string, { operands, optional = [] }: Command): string {
  const after = [...operands, ...optional.map(operand => `[${operand}]`)];
  return `usage: npm run provision -- ${[name, ...after].join(' ')} [options]`;
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(name => name.length));
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'usage: npm run provision -- COMMAND [options], and --help behind a command for more',
    '',
    ...rows,
  ].join('\n');
}
