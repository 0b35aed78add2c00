/** The evening from doors to close: tills are staffed, the story is told, the last taps are settled, everything is synced. */
import { randomUUID } from 'node:crypto';
import type { Currency } from '@pulsera/firmware-protocol/money/money';
import { ACTIVATION_MS, exchangeMs } from '@pulsera/firmware-protocol/virtual/airtime';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { lookAtCloud } from './cloud-watch.ts';
import { Crowd } from './guest.ts';
import { type HeldTill, serveHeld } from './held-till.ts';
import { phaseAt } from './programme.ts';
import { clock, type View } from './screen.ts';
import type { Site } from './site.ts';
import { type Evening, type StaffedTill, serve, serveOne } from './staff.ts';
import { type Staffing, staff, staffByHand } from './staffing.ts';
import { creditOnline, type Story, tell, watchCloud } from './story.ts';
import { Tally } from './tally.ts';
import { sleep } from './visit.ts';
import { world } from './world.ts';

export interface EveningOptions extends Staffing {
  readonly site: Site;
  readonly seconds: number;
  readonly seed: number;
  readonly currency: Currency;
  readonly title: string;
  readonly show: (view: View) => void;
}

export interface EveningResult {
  readonly tally: Tally;
  readonly story: Story;
  readonly walkedAway: number;
  readonly unsettledAtClose: number;
  /** Every journal is with the cloud, and the cloud's with every box. */
  readonly isLevel: boolean;
  readonly airMs: number;
}

/** How many have topped up online before they come, and with what. */
const PREPAID = 0.6;
const MOST_PREPAID = 1_000;
const PREPAID_MINOR = 4_000;
const FRAMES_A_SECOND = 5;
/** How long is waited, after the last order, for journals to be with the cloud and back. */
const SYNC_MS = 60_000;
/** Rounds in which those who walked off with a torn tap come by the other box. */
const LAST_ROUNDS = 40;

export async function playEvening(options: EveningOptions): Promise<EveningResult> {
  const { site, seconds, seed, currency } = options;
  const tally = new Tally();
  const story: Story = {
    lines: [],
    cloud: { cases: [], height: 0 },
    clone: undefined,
  };
  const random = seededRandom(seed);
  const uuid = randomUUID;
  const tills: StaffedTill[] = [];
  for (const till of site.tills) tills.push(await staff(till, options));
  const held: HeldTill[] = [];
  for (const till of site.handTills) held.push(await staffByHand(till, options));
  const prepaid = site.guests.filter(() => random.chance(PREPAID)).slice(0, MOST_PREPAID);
  await creditOnline(site, prepaid, PREPAID_MINOR, uuid);
  const startedMs = performance.now();
  const share = () => (performance.now() - startedMs) / (seconds * 1000);
  const leftMs = () => (1 - share()) * seconds * 1000;
  let walkedAway = 0;
  let isLevel = false;
  const evening: Evening = {
    crowd: new Crowd(site.guests),
    tally,
    random,
    uuid,
    nowMs: () => performance.now(),
    share,
    onUnsettled: () => {
      walkedAway++;
    },
  };
  const note = (text: string) => story.lines.push(`${clock(performance.now() - startedMs)}  ${text}`);
  const airMs = plainTapAirMs();
  note(`${prepaid.length} guests have topped up online at home`);
  const view = (): View => ({
    title: options.title,
    phase: phaseAt(share()).name,
    elapsedMs: Math.min(seconds * 1000, performance.now() - startedMs),
    totalMs: seconds * 1000,
    tally,
    airMs,
    boxes: site.boxes.map(({ name, box, cable }) => {
      const { lagEntries } = box.sync.state();
      const height = box.journal.lastSeq;
      return { name, height, checkpoint: height - lagEntries, isCut: cable.cable !== 'whole' };
    }),
    cloudHeight: story.cloud.height,
    openCases: story.cloud.cases.map(({ kind }) => kind),
    story: story.lines,
  });
  const over = new AbortController();
  const painting = paint(() => options.show(view()), over.signal);
  const watching = watchCloud(site, story, over.signal);
  try {
    await Promise.all([
      ...tills.map(till => serve(till, evening)),
      ...held.map(till => serveHeld(till, evening, leftMs, note, currency)),
      tell({ site, tills, evening, story, note, currency }),
    ]);
    note('last orders are over; those who left with a torn tap come by once more');
    await lastRounds(tills, evening);
    isLevel = await drain(site);
    story.cloud = await lookAtCloud(site.organizer, site.event);
    note(
      isLevel
        ? 'every journal is with the cloud, and the cloud’s with every box'
        : 'a minute later the journals are not level yet',
    );
  } finally {
    over.abort();
    await Promise.allSettled([painting, watching]);
    for (const { till } of [...tills, ...held]) await till.close();
  }
  options.show(view());
  const unsettledAtClose = site.boxes.reduce((sum, { box }) => sum + box.journal.views.pendingCount(), 0);
  return { tally, story, walkedAway, unsettledAtClose, isLevel, airMs };
}

async function paint(show: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    show();
    await sleep(1000 / FRAMES_A_SECOND);
  }
}

async function lastRounds(tills: readonly StaffedTill[], evening: Evening): Promise<void> {
  for (let i = 0; i < LAST_ROUNDS; i++) {
    const waiting = evening.crowd.guests.filter(({ mustVisit }) => mustVisit !== undefined);
    if (waiting.length === 0) return;
    const open = tills.filter(({ box }) => waiting.some(({ mustVisit }) => mustVisit === box));
    await Promise.all(open.map(till => serveOne(till, evening)));
  }
}

/** Waits until the cloud has every entry, and both boxes everything of the cloud's. @returns whether that came about */
async function drain(site: Site): Promise<boolean> {
  const deadlineMs = world.clock.monoMs() + SYNC_MS;
  for (let calm = 0; calm < 3; ) {
    const { height } = await lookAtCloud(site.organizer, site.event);
    const isLevel = site.boxes.every(
      ({ box }) => box.sync.state().lagEntries === 0 && box.journal.cloudSeq >= height,
    );
    calm = isLevel ? calm + 1 : 0;
    if (world.clock.monoMs() > deadlineMs) return false;
    await sleep(200);
  }
  return true;
}

/** A charge by the data sheet: activation, PWD_AUTH, FAST_READ of 64 bytes, four WRITEs, FAST_READ of one slot. */
function plainTapAirMs(): number {
  const frame = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => (i === 0 ? first : 0));
  const ack = Uint8Array.of(0x0a);
  const write = exchangeMs(frame(6, 0xa2), ack);
  const reads = exchangeMs(frame(3, 0x3a), frame(64)) + exchangeMs(frame(3, 0x3a), frame(20));
  return ACTIVATION_MS + exchangeMs(frame(5, 0x1b), frame(2)) + reads + 4 * write;
}
