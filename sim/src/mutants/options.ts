/** What the planted bugs can be asked for on the command line. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';

export const HELP = `npm run mutants [-- OPTIONS]

Plants each bug of sim/mutants in a copy of the tree, and says which test or seed sees it. Exit code 1 when fewer than 95 % are seen.

  --only NAME      this one; may be given more than once
  --jobs J         so many at a time, each in a copy of its own (default 1)
  --short          whether every patch still applies, and three that are seen at once: for CI
  --list           names and what each bug is
  --help           this text
`;

/** Quick, and each in another workspace: that the runner itself still sees what it should. */
export const QUICK = ['mac-without-uid', 'plan-downgraded', 'batch-need-not-continue-the-chain'];

const Options = z.strictObject({
  only: z.array(z.string()).optional(),
  jobs: z.coerce.number().int().min(1).max(16).default(1),
  short: z.boolean().default(false),
  list: z.boolean().default(false),
  help: z.boolean().default(false),
});

export interface Options extends Omit<z.infer<typeof Options>, 'only'> {
  /** Names; undefined for all. */
  readonly only: readonly string[] | undefined;
  readonly cores: number;
}

/** The options, or every problem with them in one text. */
export function readOptions(args: readonly string[]): { options: Options } | { problem: string } {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = {
    only: { ...text, multiple: true },
    jobs: text,
    short: flag,
    list: flag,
    help: flag,
  } as const;
  try {
    const parsed = Options.safeParse(parseArgs({ args: [...args], options }).values);
    if (!parsed.success) {
      return {
        problem: parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'),
      };
    }
    const { only, ...rest } = parsed.data;
    return { options: { ...rest, only: rest.short ? QUICK : only, cores: availableParallelism() } };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
