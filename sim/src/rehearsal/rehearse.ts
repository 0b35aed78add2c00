/** Plays one seed from the gates' opening to the last synced entry. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { anyOf, between } from './chance.ts';
import { drawOrder } from './order.ts';
import { type Setting, SMALL } from './setting.ts';
import { type Post, Site, sha256 } from './site.ts';
import { drawManner, strike } from './trouble.ts';
import { visit } from './visit.ts';

export interface Outcome {
  /** Of the trace: two runs with one hash were the same run. */
  readonly hash: string;
  readonly lines: number;
  readonly virtualMs: number;
  /** How often each request came to each end. */
  readonly taps: Readonly<Record<string, number>>;
}

/** A night that isn't over by then never will be. */
const NIGHT_MS = 24 * 3_600_000;
/** Boxes get their plan. */
const MORNING_MS = 5_000;
const PAUSE_MS = [500, 20_000] as const;
/** All is mended: what has to be synced is. */
const SETTLED_MS = 120_000;

/** @param watch sees the site before anything happens on it, and after all has. @throws whatever was thrown anywhere in it */
export async function rehearse(
  seed: number,
  setting: Setting = SMALL,
  watch: { before?(site: Site): void; after?(site: Site): void } = {},
): Promise<Outcome> {
  const site = new Site(seed, setting);
  const { time, trace } = site;
  const taps: Record<string, number> = {};
  watch.before?.(site);
  try {
    await site.open();
    await time.until(evening(site, setting, taps), NIGHT_MS);
    noteEnds(site);
    watch.after?.(site);
    return { hash: trace.hash(), lines: trace.lines, virtualMs: time.nowMs(), taps };
  } finally {
    await site.close();
  }
}

async function evening(site: Site, setting: Setting, taps: Record<string, number>): Promise<void> {
  const { time, posts } = site;
  await time.sleep(MORNING_MS);
  await Promise.all(posts.map(post => serve(site, post, setting, taps)));
  site.mend();
  await time.sleep(SETTLED_MS);
}

async function serve(site: Site, post: Post, setting: Setting, taps: Record<string, number>): Promise<void> {
  const { chance, time, guests } = site;
  const random = chance.of(`${post.till.id} queue`);
  for (let i = 0; i < setting.visits; i++) {
    await time.sleep(between(random, PAUSE_MS));
    const free = guests.filter(({ isBusy }) => !isBusy);
    if (free.length === 0) continue;
    const guest = anyOf(random, free);
    const order = drawOrder(chance, guest, post);
    const manner = drawManner(chance, post, setting);
    strike(site, post, setting);
    guest.isBusy = true;
    const result = await visit(site, post, guest, order, manner);
    guest.isBusy = false;
    const end = `${order.leaf} ${result?.outcome ?? 'given-up'}`;
    taps[end] = (taps[end] ?? 0) + 1;
    if (order.leaf === 'charge' && result?.outcome === 'approved') {
      guest.sales.push({ tapId: order.request.tapId, box: post.box.number });
    }
  }
}

/** What it all came to is part of the trace: the journals to the last byte, and the chips. */
function noteEnds({ trace, boxes, guests }: Site): void {
  for (const { name, journal } of boxes) {
    for (const { epoch, lastSeq } of journal.epochs()) {
      trace.note(name, 'end', { epoch, seq: lastSeq, head: toHex(journal.headAt(lastSeq, epoch)) });
    }
  }
  for (const { name, chip } of guests) {
    trace.note(name, 'chip', { memory: toHex(sha256(chip.image().memory)) });
  }
}
