/** The whole of it: the site is opened, sells while things break, is mended, drains, and is judged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../rehearsal/chance.ts';
import { Breaker } from './breaker.ts';
import { drained } from './drained.ts';
import { drawOutages, type OutageSetting } from './outages.ts';
import { line, type Result } from './progress.ts';
import { openSite, type Site } from './site.ts';
import { Tally } from './tally.ts';
import { judge, type Verdict } from './verdict.ts';
import { Witness } from './witness.ts';

export interface EveningOptions {
  readonly folder: string;
  readonly seed: number;
  /** Its deck may be drawn too. */
  readonly setting: (chance: Chance) => OutageSetting;
  /** For the API's process, beside this one's own. */
  readonly apiEnv?: Readonly<Record<string, string>>;
  readonly opened: AsyncDisposableStack;
  readonly say: (text: string) => void;
  /** Told as soon as it is known, with all that there is to say. */
  readonly onProblem: (text: string) => void;
}

const GUESTS = 80;
const TILLS_PER_BOX = 8;
const SAY_MS = 5_000;
/** All is well, and a tap takes less than a second. */
const LAST_MS = 120_000;
/** With so much everybody comes: paid online. */
const FIRST_MINOR = 5_000;

export async function playEvening(options: EveningOptions): Promise<Result> {
  const { folder, seed, opened, say, onProblem } = options;
  const chance = new Chance(seed);
  const tally = new Tally();
  const witness = new Witness(`${folder}/seen.jsonl`, onProblem);
  opened.defer(async () => witness.close());
  say('the site is opened: PostgreSQL, the API, two boxes, the cables between them');
  const site = await openSite({
    folder,
    chance,
    guests: GUESTS,
    tillsPerBox: TILLS_PER_BOX,
    witness,
    tally,
    apiEnv: options.apiEnv ?? {},
    opened,
    onMisconduct: onProblem,
  });
  await Promise.all(site.crowd.guests.map(guest => site.payments.pay(guest, FIRST_MINOR)));

  const startedMs = performance.now();
  const setting = options.setting(chance);
  const breaker = new Breaker(site);
  const watch = watching(site, tally, breaker, say);
  let isOver = false;
  const work = Promise.all([
    ...site.clerks.map(clerk => clerk.work(() => isOver)),
    site.payments.work(() => isOver),
  ]);
  const outages = drawOutages(chance.of('outages'), setting);
  await Promise.race([breaker.play(outages, outage => tally.outage(outage)), work]);
  const mendedMs = performance.now();
  isOver = true;
  await within(LAST_MS, work, 'a till or somebody who pays online is at its last wish still');
  await drained(site);
  const drainMs = performance.now() - mendedMs;
  const ms = mendedMs - startedMs;
  say('everything is mended, and has come to the cloud; every guest comes once more');
  const guests = [...site.crowd.guests];
  const farewell = Promise.all(site.clerks.map(clerk => clerk.farewell(guests)));
  await within(LAST_MS, farewell, 'a guest was not served once more');
  await drained(site);
  const mostPending = watch.end();
  await site.sentAgain.read();
  const { problems, entries }: Verdict = await judge(site, folder, witness);
  for (const problem of problems) onProblem(problem);
  return { ms, tally, entries, drainMs, mostPending, sent: site.sentAgain.sent };
}

/** @throws Error that says what, when it isn't over by then */
async function within(ms: number, work: Promise<unknown>, what: string): Promise<void> {
  const late = new AbortController();
  const never = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what}, ${ms} ms after the last mending`);
  });
  never.catch(() => undefined);
  try {
    await Promise.race([work, never]);
  } finally {
    late.abort();
  }
}

function watching(site: Site, tally: Tally, breaker: Breaker, say: (text: string) => void) {
  const startedMs = performance.now();
  const over = new AbortController();
  let most = 0;
  const watch = async () => {
    while (!over.signal.aborted) {
      const healths = await Promise.all(site.boxes.map(box => box.health()));
      await site.sentAgain.read();
      const pending = healths.map(health => health?.sync.lagEntries);
      most = Math.max(most, ...pending.map(entries => entries ?? 0));
      const ms = performance.now() - startedMs;
      say(line({ ms, tally, pending, broken: breaker.broken }));
      await sleep(SAY_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const watched = watch();
  return {
    /** @returns the most entries seen waiting at once */
    end(): number {
      over.abort();
      void watched;
      return most;
    },
  };
}
