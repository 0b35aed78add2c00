/** What the demo can be asked for on its command line. */
import { parseArgs } from 'node:util';
import { z } from 'zod';

export const HELP = `npm run demo [-- OPTIONS]

A busy hour of a festival evening in half a minute: a cloud on its own PostgreSQL, two boxes, tills over MQTT and TLS,
and virtual NTAG213 wristbands with their true air times. Ends with the audit; exit code 1 if anything doesn't hold.

  --guests N         wristbands (default 240)
  --tills N          tills, spread over both boxes (default 12)
  --seconds N        how long the evening takes (default 30)
  --seed N           replays the same guests and the same bad luck (default 1)
  --catalogue FILE   stands and products, as CSV with the columns stand, product, name, price, tax_rate, deposit: prices in EUR,
                     tax in percent, a negative deposit for a cup that comes back (default docs/samples/catalogue.csv)
  --report FILE      writes the figures as JSON
  --readers pcsc     taps through pcscd. Where one runs: through its readers too, with wristbands that you hold there. Where none
                     runs: two tills tap at virtual PC/SC readers (needs pcscd and vsmartcard-vpcd, and root)
  --write-wristbands N
                     with --readers pcsc: N blank NTAG213, NTAG215 or NTAG216 that you hold to a reader become wristbands of the
                     demo. They are written to and locked for good, and serve for nothing else afterwards
  --help             this text
`;

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const Options = z
  .strictObject({
    guests: whole(20, 100_000).default(240),
    tills: whole(4, 80).default(12),
    seconds: whole(10, 86_400).default(30),
    seed: whole(0, 0xffff_ffff).default(1),
    catalogue: z.string().min(1).optional(),
    report: z.string().min(1).optional(),
    readers: z.enum(['virtual', 'pcsc']).default('virtual'),
    'write-wristbands': whole(1, 100).optional(),
    help: z.boolean().default(false),
  })
  .refine(options => options.readers === 'pcsc' || options['write-wristbands'] === undefined, {
    path: ['write-wristbands'],
    message: 'only with --readers pcsc',
  });
export type Options = z.infer<typeof Options>;

/** The options, or every problem with them in one text. */
export function readOptions(args: readonly string[]): { options: Options } | { problem: string } {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        guests: text,
        tills: text,
        seconds: text,
        seed: text,
        catalogue: text,
        report: text,
        readers: text,
        'write-wristbands': text,
        help: { type: 'boolean' },
      },
    });
    const parsed = Options.safeParse(values);
    if (parsed.success) return { options: parsed.data };
    return {
      problem: parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
