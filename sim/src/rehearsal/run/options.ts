/** What the rehearsal can be asked for on its command line, and the command that asks for one order again. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Order } from './order.ts';
import { PROFILE_NAMES } from './profile.ts';

export const HELP = `npm run sim -- OPTIONS

Plays evenings of a festival on virtual time, each from a seed that decides everything in it, and audits them. Exit code 1 when something is
found; the first findings are cut down to what they need, and told with the command that replays them.

  --seed N         one evening
  --seeds A..B     all of these; with --minutes alone, from 1 on
  --profile NAME   quiet (nothing goes wrong), storm (faults), attack (faults and attackers); in turn when none is named
  --minutes M      begin no evening after that long
  --jobs J         so many at a time (default 2)
  --no-shrink      tell findings as they were found
  --trace          with --seed: every line of the trace
  --json           a line of JSON for each seed, and nothing else
  --help           this text

Only part of an evening, with --seed:
  --strikes 4,9    of all that goes wrong, only these; none: nothing at all
  --guests 0,3     only these guests
  --until MS       nothing begins later than that, milliseconds after the doors opened
`;

const MOST_SEED = 0xffff_ffff;
const seed = z
  .string()
  .regex(/^\d+$/, 'a whole number')
  .transform(Number)
  .refine(number => number <= MOST_SEED, `at most ${MOST_SEED}`);
const range = z
  .string()
  .regex(/^\d+\.\.\d+$/, 'A..B')
  .transform(text => text.split('..').map(Number) as [from: number, to: number])
  .refine(
    ([from, to]) => from <= to && to <= MOST_SEED,
    `A..B, from the lower to the higher, at most ${MOST_SEED}`,
  );
const list = z
  .string()
  .regex(/^(?:none|\d+(?:,\d+)*)$/, 'numbers with commas, or none')
  .transform(text => (text === 'none' ? [] : text.split(',').map(Number)));

const Given = z.strictObject({
  seed: seed.optional(),
  seeds: range.optional(),
  profile: z.enum(PROFILE_NAMES).optional(),
  minutes: z.coerce.number().positive().max(100_000).optional(),
  jobs: z.coerce.number().int().min(1).max(64).default(2),
  strikes: list.optional(),
  guests: list.optional(),
  until: z.coerce.number().min(0).optional(),
  'no-shrink': z.boolean().default(false),
  trace: z.boolean().default(false),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});

const OF_ONE_SEED = ['strikes', 'guests', 'until', 'trace'] as const;
const Options = Given.superRefine((given, context) => {
  const refuse = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (given.help) return;
  if (given.seed !== undefined && given.seeds !== undefined) refuse('seeds', 'not with --seed');
  if (given.seed === undefined) {
    if (given.seeds === undefined && given.minutes === undefined) refuse('seed', 'or --seeds, or --minutes');
    for (const name of OF_ONE_SEED) {
      if (given[name] !== undefined && given[name] !== false) refuse(name, 'only with --seed');
    }
  }
  if (given.trace && given.json) refuse('json', 'not with --trace');
}).transform(given => {
  const { seed: one, seeds, minutes, strikes, guests, until } = given;
  const [from, to] = one === undefined ? (seeds ?? [1, MOST_SEED]) : [one, one];
  const part = { strikes, guests, untilMs: until };
  const isPart = Object.values(part).some(value => value !== undefined);
  return {
    from,
    to,
    /** Nobody said where it ends. */
    isOpen: one === undefined && seeds === undefined,
    part,
    profile: given.profile,
    forMs: minutes === undefined ? undefined : minutes * 60_000,
    jobs: given.jobs,
    shrinks: !given['no-shrink'] && !isPart && !given.json,
    isTraced: given.trace,
    isJson: given.json,
    isHelp: given.help,
  };
});
export type Options = z.infer<typeof Options>;

/** The options, or every problem with them in one text. */
export function readOptions(args: readonly string[]): { options: Options } | { problem: string } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    seed: text,
    seeds: text,
    profile: text,
    minutes: text,
    jobs: text,
    strikes: text,
    guests: text,
    until: text,
    'no-shrink': flag,
    trace: flag,
    json: flag,
    help: flag,
  } as const;
  try {
    const parsed = Options.safeParse(parseArgs({ args: [...args], options }).values);
    if (parsed.success) return { options: parsed.data };
    const problems = parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`);
    return { problem: problems.join('\n') };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** @returns what to type to play that again */
export function commandOf({ seed: number, profile, part }: Order): string {
  const { strikes, guests, untilMs } = part;
  const listed = (numbers: readonly number[]) => (numbers.length === 0 ? 'none' : numbers.join(','));
  return [
    `npm run sim -- --seed ${number} --profile ${profile}`,
    strikes === undefined ? '' : ` --strikes ${listed(strikes)}`,
    guests === undefined ? '' : ` --guests ${listed(guests)}`,
    untilMs === undefined ? '' : ` --until ${untilMs}`,
  ].join('');
}
