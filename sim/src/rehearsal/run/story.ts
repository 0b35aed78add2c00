/**
 * What befell one guest, line by line, as an engineer reads it who asks how that finding came about: the taps that it is about in full,
 * the guest's other taps in a line each, and of the rest of the festival only what touched them.
 */
import type { Finding } from '../auditor/finding.ts';
import { Notebook } from '../auditor/notebook.ts';
import type { Seen } from '../auditor/seen.ts';
import type { TraceLine } from '../trace.ts';
import { type Scope, scopeOf } from './scope.ts';
import { type Line, type Stand, Teller } from './teller.ts';
import { clock, tapName } from './words.ts';

/** In the order in which it came: what was seen, and what the machines noted of themselves. */
export type Happened = { readonly seen: Seen } | { readonly line: TraceLine };

type Timed = Line & { readonly atMs: number };

/** Of a finding that is about nobody, so much of the last of everything. */
const LATEST_LINES = 100;

/** @param stands all tills, in the order by which strikes know them */
export function storyOf(
  finding: Finding,
  happened: readonly Happened[],
  stands: readonly Stand[],
): readonly string[] {
  const notebook = new Notebook();
  for (const each of happened) if ('seen' in each) notebook.take(each.seen);
  const scope = scopeOf(finding, notebook);
  const teller = new Teller(scope, notebook, stands);
  const lines = happened.flatMap((each): Timed[] => {
    const { atMs } = 'seen' in each ? each.seen : each.line;
    const told = 'seen' in each ? teller.seen(each.seen) : teller.noted(each.line);
    return told.map(line => ({ atMs, ...line }));
  });
  const found = { atMs: finding.atMs, who: '>>>', what: `${finding.check}: ${firstLine(finding.what)}` };
  const behind = lines.findIndex(({ atMs }) => atMs > finding.atMs);
  lines.splice(behind < 0 ? lines.length : behind, 0, found);
  const shown = scope.guest === undefined ? lines.slice(-LATEST_LINES) : lines;
  const width = Math.max(...shown.map(({ who }) => who.length));
  return [
    heading(scope, finding),
    ...(finding.refs ?? []).map(ref => `Entry ${ref}: ${whereWords(ref, notebook)}`),
    ...shown.flatMap(({ atMs, who, what, isBegin }) => [
      ...(isBegin ? [''] : []),
      `${clock(atMs)}  ${who.padEnd(width)}  ${what}`,
    ]),
  ];
}

function heading({ guest, visits, inFull }: Scope, { tapId }: Finding): string {
  if (guest === undefined) return `Everybody's last ${LATEST_LINES} lines; taps in a line each:`;
  const worn = guest.uids.length > 1 ? 'wristbands' : 'wristband';
  const tap = tapId === undefined ? '' : `, ${tapName(tapId)} (${tapId})`;
  const rest = visits.length - inFull.size;
  const others = rest === 0 ? '' : `; ${rest} more in a line each`;
  return `${capital(guest.name)}, ${worn} ${guest.uids.join(', then ')}, wallet ${guest.wallet}${tap}${others}:`;
}

/** Where an entry lies that shows what was found. */
function whereWords(ref: string, { disk, lost, cloud }: Notebook): string {
  const places = [
    [disk, 'on disk'],
    [lost, 'lost with its disk'],
    [cloud, 'in the cloud'],
  ] as const;
  const held = places.filter(([shelf]) => shelf.entries.has(ref)).map(([, where]) => where);
  return held.length === 0 ? 'nowhere' : held.join(', ');
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';
const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
