/** A seed in which something was found, as it is printed: what must hold, what doesn't, how to see it again, and its story. Pure. */
import { CHECKS } from '../auditor/auditor.ts';
import type { Finding } from '../auditor/finding.ts';
import type { Least } from './least.ts';
import { commandOf } from './options.ts';
import { firstFinding, type Report } from './order.ts';
import { clock } from './words.ts';

/** Of checks that are not the auditor's. */
const SENTENCES: Readonly<Record<string, string>> = {
  crash: 'Nothing is thrown anywhere',
  hang: 'Every evening ends',
};

export const sentenceOf = (check: string): string =>
  SENTENCES[check] ?? CHECKS.find(({ name }) => name === check)?.sentence ?? 'What this check says must hold';

/** At once, in one breath. */
export function failureLine(report: Report): string {
  const finding = firstFinding(report);
  const [first = ''] = (finding?.what ?? '').split('\n', 1);
  return `seed ${report.order.seed}, ${report.order.profile}: ${finding?.check}: ${first}\n  ${commandOf(report.order)}`;
}

/** @param least what was found to be enough; undefined when nobody looked */
export function failureText(report: Report, least: Least | undefined): string {
  const told = least?.report ?? report;
  const finding = firstFinding(told);
  if (finding === undefined) return '';
  const { seed, profile } = told.order;
  return [
    `SEED ${seed}, ${profile}: ${finding.check}`,
    `  ${sentenceOf(finding.check)}. But at ${clock(finding.atMs)}:`,
    ...finding.what.split('\n').map(line => `  ${line}`),
    ...(others(told.findings, finding) ?? []),
    '',
    `  ${least === undefined || least.tries === 0 ? 'Again' : leastWords(report, least)}:`,
    `  ${commandOf(told.order)}`,
    '',
    ...told.story.map(line => (line === '' ? '' : `  ${line}`)),
    '',
  ].join('\n');
}

function others(findings: readonly Finding[], first: Finding): string[] | undefined {
  const counts = Map.groupBy(
    findings.filter(finding => finding !== first),
    ({ check }) => check,
  );
  if (counts.size === 0) return undefined;
  return [`  Found with it: ${[...counts].map(([check, all]) => `${check} ${all.length}`).join(', ')}.`];
}

function leastWords({ drawn }: Report, { report, tries }: Least): string {
  const { strikes, guests, untilMs } = report.order.part;
  const of = (some: readonly number[] | undefined, all: readonly number[], what: string) =>
    `${some?.length ?? all.length} of ${all.length} ${what}`;
  const parts = [
    of(strikes, drawn.strikes, 'strikes'),
    of(guests, drawn.guests, 'guests'),
    `${((untilMs ?? drawn.untilMs) / 1000).toFixed(1)} of ${(drawn.untilMs / 1000).toFixed(1)} s`,
  ];
  return `Enough for it are ${parts.join(', ')} (${tries} tries)`;
}
