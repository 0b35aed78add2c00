/** Plays one seed from the gates' opening to the last synced entry. */
import { auditArchive } from './auditor/archived.ts';
import { Auditor } from './auditor/auditor.ts';
import type { Finding } from './auditor/finding.ts';
import { anyOf, between } from './chance.ts';
import { closeNight, showEnd } from './closing.ts';
import { drawNight, type Kept, type Night, narrowed } from './night.ts';
import { drawOrder } from './order.ts';
import { type Setting, STORM } from './setting.ts';
import { type Post, Site } from './site.ts';
import { playStrikes } from './trouble/draw.ts';
import { drawManner, visit } from './visit.ts';

export interface Outcome {
  /** Of the trace: two runs with one hash were the same run. */
  readonly hash: string;
  readonly lines: number;
  readonly virtualMs: number;
  /** How often each request came to each end. */
  readonly taps: Readonly<Record<string, number>>;
  /** How often each kind of trouble struck. */
  readonly strikes: Readonly<Record<string, number>>;
  /** What the auditor can't reconcile. */
  readonly findings: readonly Finding[];
}

type Count = (of: 'taps' | 'strikes', what: string) => void;

/** A night that isn't over by then never will be. */
const NIGHT_MS = 24 * 3_600_000;
/** Boxes get their plan. */
const MORNING_MS = 5_000;
const PAUSE_MS = [500, 20_000] as const;

/**
 * @param watch sees the site before anything happens on it, and after all has
 * @param kept plays only that part of the night
 * @throws whatever was thrown anywhere in it
 */
export async function rehearse(
  seed: number,
  setting: Setting = STORM,
  watch: { before?(site: Site): void; after?(site: Site): void } = {},
  kept: Kept = {},
): Promise<Outcome> {
  const site = new Site(seed, setting);
  const { time, trace } = site;
  const night = narrowed(drawNight(site.chance, setting), kept);
  const counts: Record<Parameters<Count>[0], Record<string, number>> = { taps: {}, strikes: {} };
  const count: Count = (of, what) => {
    counts[of][what] = (counts[of][what] ?? 0) + 1;
  };
  const auditor = new Auditor();
  site.witness.listen(seen => void auditor.see(seen));
  watch.before?.(site);
  try {
    await time.until(site.open());
    await time.until(evening(site, night, count), NIGHT_MS);
    const archive = await time.until(showEnd(site));
    auditor.end();
    watch.after?.(site);
    const findings = [...auditor.findings, ...(await auditArchive(archive, time.nowMs()))];
    return { hash: trace.hash(), lines: trace.lines, virtualMs: time.nowMs(), ...counts, findings };
  } finally {
    await site.close();
  }
}

async function evening(site: Site, { strikes, eveningMs }: Night, count: Count): Promise<void> {
  const { time, posts } = site;
  await time.sleep(MORNING_MS);
  const allIsWell = playStrikes(site, strikes, ({ what }) => count('strikes', what));
  await Promise.all(posts.map(post => serve(site, post, time.nowMs() + eveningMs, count)));
  allIsWell();
  await closeNight(site);
}

async function serve(site: Site, post: Post, endMs: number, count: Count): Promise<void> {
  const { chance, time, guests } = site;
  const random = chance.of(`${post.till.id} queue`);
  for (;;) {
    await time.sleep(between(random, PAUSE_MS));
    if (time.nowMs() >= endMs) return;
    const free = guests.filter(({ isBusy }) => !isBusy);
    if (free.length === 0) continue;
    const guest = anyOf(random, free);
    const order = drawOrder(chance, guest, post);
    const manner = drawManner(chance.of(`${post.till.id} manners`));
    guest.isBusy = true;
    const result = await visit(site, post, guest, order, manner);
    guest.isBusy = false;
    count('taps', `${order.leaf} ${result.outcome}`);
    if (order.leaf === 'charge' && result.outcome === 'approved') {
      guest.sales.push({ tapId: order.request.tapId, box: post.box.number });
    }
  }
}
