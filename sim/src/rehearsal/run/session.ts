/** A whole run as it was asked for: plays the seeds, tells of each that fails at once, and in the end what is enough for the first ones. */
import { Bar, type Out, progressText } from './bar.ts';
import type { Crew } from './crew.ts';
import { failureLine, failureText } from './failure.ts';
import { type Least, leastOf, wayOf } from './least.ts';
import type { Options } from './options.ts';
import { firstFinding, type Order, type Report } from './order.ts';
import { profileOf } from './profile.ts';
import { playSeeds } from './seeds.ts';
import { added, NO_SEEDS, type Summary, summaryTable } from './summary.ts';

export interface Session {
  readonly options: Options;
  readonly crew: Pick<Crew, 'play'>;
  /** Results. */
  readonly out: Out;
  /** How far it is. */
  readonly err: Out;
  /** Real time. */
  readonly nowMs: () => number;
  /** Once it is aborted nothing more is played. */
  readonly signal: AbortSignal;
}

/** Of the failing seeds, the first that fail in ways of their own are looked at closely. */
const MOST_CLOSELY = 3;
const MOST_TRIES = 150;
/** Failing seeds that are named at once; the others are counted. */
const MOST_NAMED = 20;

/** @returns the exit code */
export async function runSession(session: Session): Promise<number> {
  const { options, crew, out, err, nowMs, signal } = session;
  const { from, to, isOpen, profile, part, forMs, jobs, isJson } = options;
  const startedMs = nowMs();
  const asked = isOpen ? undefined : to - from + 1;
  const bar = new Bar(err, nowMs);
  let summary: Summary = NO_SEEDS;
  const failed: Report[] = [];
  const orderOf = (seed: number): Order => ({ seed, profile: profile ?? profileOf(seed), part });
  await playSeeds(
    {
      from,
      to,
      jobs,
      isOver: () => signal.aborted || (forMs !== undefined && nowMs() - startedMs >= forMs),
      play: seed => crew.play(orderOf(seed)),
    },
    report => {
      summary = added(summary, report);
      if (isJson) out.write(`${JSON.stringify(jsonOf(report))}\n`);
      else if (report.findings.length > 0 && asked !== 1) tellAtOnce(report, summary.failedSeeds, bar, out);
      if (isNew(report, failed)) failed.push(report);
      const ms = nowMs() - startedMs;
      const ofSeeds = asked === undefined ? 0 : summary.seeds / asked;
      const share = Math.min(1, Math.max(ofSeeds, forMs === undefined ? 0 : ms / forMs));
      if (!isJson) bar.show(share, () => progressText({ summary, share, asked, ms }));
    },
  );
  const ms = nowMs() - startedMs;
  bar.clear();
  if (!isJson) {
    const leasts = options.shrinks ? await leastsOf(failed, session, bar) : [];
    failed.forEach((report, i) => void out.write(`\n${failureText(report, leasts[i])}`));
    out.write(`\n${summaryTable(summary, asked, ms)}\n`);
  }
  if (summary.failedSeeds > 0) return 1;
  return signal.aborted ? 130 : 0;
}

function tellAtOnce(report: Report, failedSeeds: number, bar: Bar, out: Out): void {
  if (failedSeeds > MOST_NAMED) return;
  bar.clear();
  out.write(`FOUND in ${failureLine(report)}\n`);
  if (failedSeeds === MOST_NAMED) out.write('Failing seeds are only counted from here on.\n');
}

function isNew(report: Report, failed: readonly Report[]): boolean {
  const finding = firstFinding(report);
  if (finding === undefined || failed.length >= MOST_CLOSELY) return false;
  return failed.every(other => wayOf(firstFinding(other)) !== wayOf(finding));
}

/** Side by side; each has a line's room for how far it is. */
async function leastsOf(failed: readonly Report[], { crew }: Session, bar: Bar): Promise<Least[]> {
  const triesOf = failed.map(() => 0);
  const found = [...failed];
  const show = () => {
    const tries = triesOf.reduce((sum, each) => sum + each, 0);
    const most = MOST_TRIES * failed.length;
    bar.show(
      tries / most,
      () => `cut down in ${tries} tries of at most ${most}: ${found.map(partWords).join('; ')}`,
    );
  };
  const leasts = await Promise.all(
    failed.map((report, i) =>
      leastOf(report, {
        play: order => crew.play(order),
        mostTries: MOST_TRIES,
        onTry(tries, least) {
          triesOf[i] = tries;
          found[i] = least;
          show();
        },
      }),
    ),
  );
  bar.clear();
  return leasts;
}

function partWords({ order: { seed, part }, drawn }: Report): string {
  const { strikes = drawn.strikes, guests = drawn.guests } = part;
  return `seed ${seed}: ${strikes.length} strikes, ${guests.length} guests`;
}

function jsonOf({ order, story: _, drawn: __, rssBytes: ___, ...report }: Report) {
  return { ...order, ...report };
}
