/** The least of a failing evening that fails in the same way, by playing parts of it. */
import type { Finding } from '../auditor/finding.ts';
import { type Drawn, firstFinding, type Order, type Part, type Report } from './order.ts';
import { shrink } from './shrink.ts';

export interface Least {
  /** Of the least part. */
  readonly report: Report;
  readonly tries: number;
}

export interface LeastOptions {
  /** Undefined: it was left where it was, and nothing more is tried. */
  readonly play: (order: Order) => Promise<Report | undefined>;
  readonly mostTries: number;
  readonly onTry?: (tries: number, report: Report) => void;
}

export async function leastOf(report: Report, { play, mostTries, onTry }: LeastOptions): Promise<Least> {
  const finding = firstFinding(report);
  const whole = report.drawn;
  let least = report;
  let isLeft = false;
  const stillFails = async (part: Drawn): Promise<boolean> => {
    if (isLeft) return false;
    const tried = await play({ ...report.order, part: given(part, whole) });
    isLeft ||= tried === undefined;
    if (tried === undefined || wayOf(firstFinding(tried)) !== wayOf(finding)) return false;
    least = tried;
    return true;
  };
  const guesses = [{ untilMs: Math.ceil(finding?.atMs ?? 0) }];
  const { tries } = await shrink({
    whole,
    stillFails,
    mostTries,
    guesses: guesses.filter(({ untilMs }) => untilMs < whole.untilMs),
    onTry: tried => onTry?.(tried, least),
  });
  return { report: least, tries };
}

/** Only what differs from all of it. */
function given(part: Drawn, whole: Drawn): Part {
  return {
    strikes: part.strikes.length < whole.strikes.length ? part.strikes : undefined,
    guests: part.guests.length < whole.guests.length ? part.guests : undefined,
    untilMs: part.untilMs < whole.untilMs ? part.untilMs : undefined,
  };
}

/** In which way it failed. Of a crash the check says nothing; its first line does, but for the figures in it. */
export function wayOf(finding: Pick<Finding, 'check' | 'what'> | undefined): string {
  if (finding?.check !== 'crash') return finding?.check ?? '';
  const [line = ''] = finding.what.split('\n', 1);
  return `crash ${line.replaceAll(/\b[0-9a-f-]*\d[0-9a-f-]*\b/g, '#')}`;
}
