/**
 * `npm run bench [-- --only NAME]`: every figure as a JSON line, then all of them as a table. Exit code 1 when a target is missed.
 */
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';

/** Each bench is a module of its own and is loaded only when it runs: they take turns, and memory is one of the figures. */
const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<readonly Figure[]> }>>> = {
  'tap-time': () => import('./tap-time.ts'),
  'durable-taps': () => import('./durable-taps.ts'),
  'signed-commit': () => import('./signed-commit.ts'),
  ingest: () => import('./ingest.ts'),
  'wire-bytes': () => import('./wire-bytes.ts'),
  outage: () => import('./outage.ts'),
};

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean' } } });
const names = Object.keys(BENCHES).filter(name => values.only === undefined || name === values.only);
if (values.help || names.length === 0) {
  process.stdout.write(
    `npm run bench [-- --only NAME]\nNAME is one of: ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exit(values.help ? 0 : 2);
}

const figures: Figure[] = [];
for (const name of names) {
  process.stderr.write(`${name} …\n`);
  const bench = await BENCHES[name]?.();
  for (const measured of (await bench?.run()) ?? []) {
    figures.push(measured);
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  }
}
process.stdout.write(`\n${table(figures)}\n`);
process.exit(figures.every(({ holds }) => holds) ? 0 : 1);

function table(rows: readonly Figure[]): string {
  const cells = rows.map(({ name, value, unit, floor, ratio, target, holds }) => [
    name,
    `${round(value)} ${unit}`,
    floor === null ? '' : round(floor),
    ratio === null ? '' : ratio.toFixed(2),
    target,
    holds ? 'holds' : 'MISSED',
  ]);
  const head = ['figure', 'value', 'floor', 'ratio', 'target', ''];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map(row => row[column]?.length ?? 0)),
  );
  return [head, ...cells]
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
