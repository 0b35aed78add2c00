/** What the siege can be asked for on its command line. */
import { parseArgs } from 'node:util';
import { z } from 'zod';

export const HELP = `npm run hostile [-- OPTIONS]

A box that sells to eight tills over MQTT and TLS while strangers are at its door: garbage, huge lengths, slow bytes, half handshakes,
TLS renegotiation. Exit code 1 when it lets in too many, forgets its tills or keeps their memory.

  --connections N  strangers at a time (default 1000)
  --seconds N      how long they stay, and how long it is quiet before (default 30)
  --short          100 for 10 seconds, and only counts are judged: for machines that do other things too
  --help           this text
`;

const Options = z.strictObject({
  connections: z.coerce.number().int().min(1).max(20_000).optional(),
  seconds: z.coerce.number().int().min(2).max(3600).optional(),
  short: z.boolean().default(false),
  help: z.boolean().default(false),
});

export interface Options {
  readonly connections: number;
  readonly seconds: number;
  readonly short: boolean;
  readonly help: boolean;
}

/** The options, or every problem with them in one text. */
export function readOptions(args: readonly string[]): { options: Options } | { problem: string } {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = { connections: text, seconds: text, short: flag, help: flag };
  try {
    const parsed = Options.safeParse(parseArgs({ args: [...args], options }).values);
    if (!parsed.success) {
      return {
        problem: parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'),
      };
    }
    const { short, connections = short ? 100 : 1000, seconds = short ? 10 : 30, help } = parsed.data;
    return { options: { connections, seconds, short, help } };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
