/**
 * `npm run bench [-- --only NAME] [--entries N]`: every figure as a JSON line, then all of them as a table. Exit code 1 when a
 * target is missed.
 */
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';
import type { Bench } from './setting.ts';
import { table } from './table.ts';

/** Each bench is a module of its own and is loaded only when it runs: they take turns, and memory is one of the figures. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  'tap-time': () => import('./tap-time.ts'),
  'durable-taps': () => import('./durable-taps.ts'),
  'signed-commit': () => import('./signed-commit.ts'),
  ingest: () => import('./ingest.ts'),
  'wire-bytes': () => import('./wire-bytes.ts'),
  outage: () => import('./outage.ts'),
};
const ENTRIES = 1_000_000;
const HELP = `npm run bench [-- --only NAME] [--entries N]
NAME is one of: ${Object.keys(BENCHES).join(', ')}
N is how many entries the outage leaves unsent; ${ENTRIES} unless told otherwise
`;

const { values } = parseArgs({
  options: { only: { type: 'string' }, entries: { type: 'string' }, help: { type: 'boolean' } },
});
const names = Object.keys(BENCHES).filter(name => values.only === undefined || name === values.only);
const entries = Number(values.entries ?? ENTRIES);
if (values.help || names.length === 0 || !Number.isInteger(entries) || entries < 1000) {
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}

const opened = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);

const figures: Figure[] = [];
try {
  for (const name of names) {
    const progress = (text: string) => void process.stderr.write(`${name}: ${text}\n`);
    progress('begins');
    const bench = await BENCHES[name]?.();
    for (const measured of (await bench?.run({ opened, progress, entries })) ?? []) {
      figures.push(measured);
      process.stdout.write(`${JSON.stringify(measured)}\n`);
    }
  }
} finally {
  await opened.disposeAsync();
}
process.stdout.write(`\n${table(figures)}\n`);
process.exit(figures.every(({ holds }) => holds) ? 0 : 1);

function interrupted(): void {
  process.once('SIGINT', () => process.exit(130));
  // What is under way fails now, one thing after the other: none of it is news.
  process.on('unhandledRejection', () => undefined).on('uncaughtException', () => undefined);
  void opened.disposeAsync().finally(() => process.exit(130));
}
