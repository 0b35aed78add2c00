/** Plays one seed from the gates' opening to the last synced entry. */
import { auditArchive } from './auditor/archived.ts';
import { Auditor } from './auditor/auditor.ts';
import type { Finding } from './auditor/finding.ts';
import { closeNight, showEnd } from './closing.ts';
import { playEvening } from './evening.ts';
import { drawNight, type Kept, type Night, narrowed } from './night.ts';
import { type Setting, STORM } from './setting.ts';
import { Site } from './site.ts';
import { playStrikes } from './trouble/draw.ts';
import { eveningShifts } from './workload/operator.ts';

export interface Outcome {
  /** Of the trace: two runs with one hash were the same run. */
  readonly hash: string;
  readonly lines: number;
  readonly virtualMs: number;
  /** How often each request came to each end. */
  readonly taps: Readonly<Record<string, number>>;
  /** How often each wish came to nothing before anybody was asked, and why. */
  readonly dropped: Readonly<Record<string, number>>;
  /** How often each kind of trouble struck. */
  readonly strikes: Readonly<Record<string, number>>;
  /** What the auditor can't reconcile; `crash`: what was thrown, with its stack. */
  readonly findings: readonly Finding[];
}

/** A night that isn't over by then never will be. */
const NIGHT_MS = 24 * 3_600_000;
/** Boxes get their plan. */
const MORNING_MS = 5_000;

/**
 * @param watch sees the site before anything happens on it, and after all has, or nothing can any more
 * @param kept plays only that part of the night
 */
export async function rehearse(
  seed: number,
  setting: Setting = STORM,
  watch: { before?(site: Site): void; after?(site: Site): void } = {},
  kept: Kept = {},
): Promise<Outcome> {
  const site = new Site(seed, setting);
  const { time, trace, tally } = site;
  const night = narrowed(drawNight(site.chance, setting), kept);
  const auditor = new Auditor();
  site.witness.listen(seen => void auditor.see(seen));
  watch.before?.(site);
  const play = async (): Promise<readonly Finding[]> => {
    site.open();
    await time.until(evening(site, night, setting), NIGHT_MS);
    const archive = await time.until(showEnd(site));
    auditor.end();
    return auditArchive(archive, time.nowMs());
  };
  try {
    const last = await play().catch((error: unknown) => [crash(error, time.nowMs())]);
    watch.after?.(site);
    const findings = [...auditor.findings, ...last];
    return { hash: trace.hash(), lines: trace.lines, virtualMs: time.nowMs(), ...tally, findings };
  } finally {
    await site.close();
  }
}

/** Whatever is thrown anywhere in a night, by code under test or by its simulator, ends it. */
function crash(error: unknown, atMs: number): Finding {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { check: 'crash', atMs, what };
}

async function evening(site: Site, { intents, strikes }: Night, { eveningMs }: Setting): Promise<void> {
  const { time, posts, chance, festival, tally } = site;
  await time.sleep(MORNING_MS);
  const allIsWell = playStrikes(site, strikes, ({ what }) => tally.strike(what));
  const tills = posts.map(({ till }) => till.id);
  const operators = festival.plan.staff.map(({ id }) => id);
  const shifts = eveningShifts(name => chance.of(name), tills, operators, eveningMs);
  await playEvening(site, { intents, shifts });
  await allIsWell();
  await closeNight(site);
}
