/** What the fuzzer can be asked for on its command line. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { TARGET_NAMES } from './targets.ts';

export const HELP = `npm run fuzz [-- OPTIONS]

Random input, guided by what code it reaches, for everything that reads bytes from elsewhere. Exit code 1 when something is found; each
finding is printed with the command that replays it.

  --minutes N      how long, all targets together (default 5)
  --only NAME      one target: ${TARGET_NAMES.join(', ')}
  --seed N         draws the same inputs again (default 1)
  --input HEX      with --only: tries this input alone; @FILE reads it from a file
  --help           this text
`;

const Options = z
  .strictObject({
    minutes: z.coerce.number().positive().max(10_000).default(5),
    only: z.enum(TARGET_NAMES).optional(),
    seed: z.coerce.number().int().min(0).max(0xffff_ffff).default(1),
    input: z
      .string()
      .regex(/^(?:@.+|(?:[0-9a-f]{2})*)$/, 'pairs of hex digits, or @ and a path')
      .optional(),
    help: z.boolean().default(false),
  })
  .refine(({ input, only }) => input === undefined || only !== undefined, {
    path: ['input'],
    message: 'only with --only',
  });
export type Options = z.infer<typeof Options>;

/** The options, or every problem with them in one text. */
export function readOptions(args: readonly string[]): { options: Options } | { problem: string } {
  const text = { type: 'string' } as const;
  const options = { minutes: text, only: text, seed: text, input: text, help: { type: 'boolean' } } as const;
  try {
    const parsed = Options.safeParse(parseArgs({ args: [...args], options }).values);
    if (parsed.success) return { options: parsed.data };
    return {
      problem: parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
