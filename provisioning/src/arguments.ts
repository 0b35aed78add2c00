/** The command line: commands, their options and their help in one table. */
import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;
type Value = string | boolean | (string | boolean)[] | undefined;
export type Options = Readonly<Record<string, Value>>;

export interface Usage {
  readonly summary: string;
  readonly operands: readonly string[];
  /** Operands that may be left out. */
  readonly optional?: readonly string[];
  readonly options: Readonly<Record<string, ParseArgsOptionDescriptor>>;
  readonly help: string;
}

/** Handed on to the box's own commands, which know what they mean. */
export const BOX_OPTIONS = { config: { type: 'string' }, 'data-dir': { type: 'string' } } as const;
export const BOX_HELP = `  --config FILE      the box's settings as JSON
  --data-dir DIR     the box's folder (default .pulsera/edge)
  --help             this text`;

export type Asked =
  | { readonly options: Options; readonly operands: readonly string[] }
  | { readonly problem: string };

export function readArguments({ operands, optional = [], options }: Usage, args: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...BOX_OPTIONS, help: { type: 'boolean', short: 'h' }, ...options },
    });
    const missing = operands.slice(positionals.length);
    if (values.help !== true && missing.length > 0)
      return { problem: `${missing.join(' and ')} is missing.` };
    const extra = positionals.slice(operands.length + optional.length);
    if (extra.length > 0) return { problem: `${extra.join(' ')} is too much.` };
    return { options: values, operands: positionals };
  } catch (error) {
    // The first sentence says what; the rest is about the shell.
    return {
      problem: `${(error instanceof Error ? error.message : String(error)).split('. ', 1)[0]?.replace(/\.$/, '')}.`,
    };
  }
}

export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Options as they were given, for a command of the box. */
export function passedOn(options: Options, names: readonly string[]): string[] {
  return names.flatMap(name => {
    const value = options[name];
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap(each => [`--${name}`, String(each)]);
  });
}
