/** All that came of many seeds, added up, and as a table for people. Pure. */
import { createHash } from 'node:crypto';
import type { Counts, Report } from './order.ts';

export interface Summary {
  readonly seeds: number;
  readonly byProfile: Counts;
  readonly virtualMs: number;
  readonly taps: Counts;
  readonly dropped: Counts;
  readonly strikes: Counts;
  /** By check. */
  readonly findings: Counts;
  readonly failedSeeds: number;
  /** Of the hashes of all seeds, in their order: two runs with one of these were the same. */
  readonly hash: string;
  readonly mostRssBytes: number;
}

export const NO_SEEDS: Summary = {
  seeds: 0,
  byProfile: {},
  virtualMs: 0,
  taps: {},
  dropped: {},
  strikes: {},
  findings: {},
  failedSeeds: 0,
  hash: '',
  mostRssBytes: 0,
};

export function added(summary: Summary, { order, ...report }: Report): Summary {
  const { findings } = report;
  return {
    seeds: summary.seeds + 1,
    byProfile: sum(summary.byProfile, { [order.profile]: 1 }),
    virtualMs: summary.virtualMs + report.virtualMs,
    taps: sum(summary.taps, report.taps),
    dropped: sum(summary.dropped, report.dropped),
    strikes: sum(summary.strikes, report.strikes),
    findings: findings.reduce((counts: Counts, { check }) => sum(counts, { [check]: 1 }), summary.findings),
    failedSeeds: summary.failedSeeds + (findings.length > 0 ? 1 : 0),
    hash: createHash('sha256').update(`${summary.hash}${report.hash}`).digest('hex'),
    mostRssBytes: Math.max(summary.mostRssBytes, report.rssBytes),
  };
}

export const total = (counts: Counts): number => Object.values(counts).reduce((all, one) => all + one, 0);

/** @param asked how many seeds there would have been; undefined where nobody said. @param ms real time */
export function summaryTable(summary: Summary, asked: number | undefined, ms: number): string {
  const { seeds, byProfile, taps, dropped, strikes, findings } = summary;
  const rate = seeds / (ms / 1000);
  const played =
    asked === undefined || asked === seeds ? number(seeds) : `${number(seeds)} of ${number(asked)}`;
  const rows: (readonly [what: string, figure: string, details: string])[] = [
    ['seeds', played, listed(byProfile)],
    ['virtual time', `${(summary.virtualMs / 3_600_000).toFixed(1)} h`, ''],
    ['real time', `${(ms / 1000).toFixed(1)} s`, `${rate.toFixed(2)} seeds a second`],
    ['memory', `${Math.round(summary.mostRssBytes / 2 ** 20)} MB`, 'the most that one process held'],
    ['taps', number(total(taps)), ''],
    ...tapRows(taps),
    ['wishes dropped', number(total(dropped)), listed(dropped)],
    ['strikes', number(total(strikes)), listed(strikes)],
    ['findings', number(total(findings)), findingsText(summary)],
    ['hash', summary.hash.slice(0, 16), 'of all traces, in the order of their seeds'],
  ];
  const width = (column: 0 | 1) => Math.max(...rows.map(row => row[column].length));
  const [first, second] = [width(0), width(1)];
  return rows
    .map(([what, figure, details]) =>
      `${what.padEnd(first)}  ${figure.padStart(second)}  ${details}`.trimEnd(),
    )
    .join('\n');
}

function tapRows(taps: Counts): [string, string, string][] {
  const byLeaf = new Map<string, Record<string, number>>();
  for (const [name, count] of Object.entries(taps)) {
    const [leaf = '', outcome = ''] = name.split(' ');
    const outcomes = byLeaf.get(leaf) ?? {};
    outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    byLeaf.set(leaf, outcomes);
  }
  return [...byLeaf]
    .sort(([, a], [, b]) => total(b) - total(a))
    .map(([leaf, outcomes]) => [`  ${leaf}`, number(total(outcomes)), listed(outcomes)]);
}

function findingsText({ failedSeeds, findings }: Summary): string {
  if (failedSeeds === 0) return '';
  return `in ${failedSeeds} ${failedSeeds === 1 ? 'seed' : 'seeds'}: ${listed(findings)}`;
}

/** The commonest first. */
function listed(counts: Counts): string {
  return Object.entries(counts)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ');
}

const number = (value: number) => value.toLocaleString('en');

function sum(a: Counts, b: Counts): Counts {
  const all: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) all[name] = (all[name] ?? 0) + count;
  return all;
}
