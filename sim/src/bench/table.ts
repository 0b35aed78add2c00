/** Figures as a table for people. Pure. */
import type { Figure } from './figure.ts';

const HEAD = ['figure', 'value', 'floor', 'ratio', 'target', ''];

export function table(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map(line => line.trimEnd())
    .join('\n');
}

function cells({ name, value, unit, floor, ratio, target, holds }: Figure): string[] {
  return [
    name,
    `${rounded(value)} ${unit}`,
    floor === null ? '' : rounded(floor),
    ratio === null ? '' : ratio.toFixed(2),
    target,
    holds ? 'holds' : 'MISSED',
  ];
}

/** Three digits are more than a shared machine can vouch for. */
function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
