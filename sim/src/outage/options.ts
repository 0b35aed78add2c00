/** What the outage runner can be asked for on its command line. */
import { parseArgs } from 'node:util';
import { z } from 'zod';

export const HELP = `npm run outage [-- OPTIONS]

Two boxes, the API on its PostgreSQL and the cables between them, each a process of its own; tills sell at both boxes while cables are cut,
go silent or slow, and parts are killed and started again. Then all is mended, and everything must be in the cloud exactly once.
Exit code 1 when something isn't: then the seed and what is wrong are printed, and the folder with the evidence is kept.

  --minutes M  how long things break (default 10)
  --seed S     who does what and what breaks when (default: drawn)
  --short      forty seconds with every kind of outage once
  --help       this text
`;

const Options = z.strictObject({
  minutes: z.coerce
    .number()
    .positive()
    .max(24 * 60)
    .default(10),
  seed: z.coerce.number().int().min(0).optional(),
  short: z.boolean().default(false),
  help: z.boolean().default(false),
});
export type Options = z.infer<typeof Options>;

/** The options, or every problem with them in one text. */
export function readOptions(args: readonly string[]): { options: Options } | { problem: string } {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = { minutes: text, seed: text, short: flag, help: flag };
  try {
    const parsed = Options.safeParse(parseArgs({ args: [...args], options }).values);
    if (parsed.success) return { options: parsed.data };
    const { issues } = parsed.error;
    return { problem: issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n') };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
