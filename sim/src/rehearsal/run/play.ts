/** Plays one order in this process: the evening itself, the auditor's findings, and the story of the guest that it hurt. */
import { Chance } from '../chance.ts';
import { drawNight, type Kept } from '../night.ts';
import { rehearse } from '../rehearse.ts';
import type { Setting } from '../setting.ts';
import type { Site } from '../site.ts';
import type { TraceLine } from '../trace.ts';
import { type Drawn, firstFinding, type Order, type Part, type Report } from './order.ts';
import { settingOf } from './profile.ts';
import { type Happened, storyOf } from './story.ts';
import type { Stand } from './teller.ts';

export interface Watch {
  /** Told before anything happens: how to ask what time of the evening it is. */
  readonly onNight?: (nowMs: () => number) => void;
  readonly onLine?: (line: TraceLine) => void;
}

export async function play(order: Order, { onNight, onLine }: Watch = {}): Promise<Report> {
  const { seed, profile, part } = order;
  const setting = settingOf(profile);
  const happened: Happened[] = [];
  let stands: readonly Stand[] = [];
  /** When a site is closed its boxes lose their power: that is no part of the evening. */
  let isOver = false;
  const before = ({ time, trace, witness, posts }: Site) => {
    stands = posts.map(({ till, box }) => ({ till: till.id, box: box.number }));
    onNight?.(() => time.nowMs());
    trace.listen(line => {
      if (isOver) return;
      onLine?.(line);
      happened.push({ line });
    });
    witness.listen(seen => {
      if (!isOver) happened.push({ seen });
    });
  };
  const after = () => {
    isOver = true;
  };
  const outcome = await rehearse(seed, setting, { before, after }, keptOf(part));
  const first = firstFinding(outcome);
  return {
    ...outcome,
    order,
    drawn: drawnOf(seed, setting),
    story: first === undefined ? [] : storyOf(first, happened, stands),
    rssBytes: process.memoryUsage.rss(),
  };
}

function keptOf({ strikes, guests, untilMs }: Part): Kept {
  return {
    ...(strikes === undefined ? {} : { strikes: new Set(strikes) }),
    ...(guests === undefined ? {} : { guests: new Set(guests) }),
    ...(untilMs === undefined ? {} : { untilMs }),
  };
}

function drawnOf(seed: number, setting: Setting): Drawn {
  const { strikes, eveningMs } = drawNight(new Chance(seed), setting);
  return {
    strikes: strikes.map(({ number }) => number),
    guests: Array.from({ length: setting.guests }, (_, guest) => guest),
    untilMs: eveningMs,
  };
}
