/**
 * The morning after a long outage: a box that sold for days without its cloud has a million entries to tell. Measured with one journal,
 * one cloud on its own PostgreSQL and the box in a process of its own:
 *
 * - restart to first tap: from starting the process to the first charge approved at a till over MQTT, cut off from the cloud, as
 *   when somebody pulls the plug of a box at a busy bar;
 * - the box's memory while forty tills sell as fast as they are answered;
 * - the drain: from mending the cable to the last checkpoint, through the real sync, TLS and ingest; on the same machine, so the box
 *   and the cloud share its cores. The floor is the rate at which six boxes at once bring entries into such a cloud.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBoxJournal } from '@pulsera/edge-node/box';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { openCredentials } from '@pulsera/edge-node/credentials';
import { keySetFrom } from '@pulsera/edge-node/tap/keys';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { benchIngest } from '../../../cloud-api/bench/ingest.ts';
import { cabledBox } from '../demo/cabled-box.ts';
import { lookAtCloud } from '../demo/cloud-watch.ts';
import { openCloud } from '../demo/open-cloud.ts';
import { Organizer, reportWristbands, setUpEvent } from '../demo/organizer.ts';
import { world } from '../demo/world.ts';
import { benchCatalogue, benchTills, CAPS } from './bar.ts';
import { certify, edgeFlags } from './bench-box.ts';
import type { BoxProcess } from './box-process.ts';
import { Child } from './child.ts';
import { scratch } from './disk.ts';
import { seats } from './durable-taps.ts';
import { type Figure, figure } from './figure.ts';
import { sellAtOnce } from './sales.ts';
import type { Setting } from './setting.ts';
import { quantile } from './spread.ts';
import { TapMaker } from './taps.ts';
import type { TillsProcess } from './tills-process.ts';
import { fullWristbands, writeChips } from './wristbands.ts';

const TAPS_AT_ONCE = 250;
/** One guest for so many entries, so that no counter or balance runs out. */
const ENTRIES_A_GUEST = 200;
const RESTARTS = 5;
const GUESTS_A_TILL = 25;
const LOAD_MS = 20_000;
const INGEST_BATCHES = 8;
const LOOK_MS = 100;
/** The least that will do. */
const ENTRIES_A_SECOND = 1_000_000 / 180;
const DRAIN_MS = 1_800_000;

export async function run(setting: Setting): Promise<readonly Figure[]> {
  const { opened, progress, entries } = setting;
  progress('how fast the cloud takes entries from six boxes');
  const ingestBefore = await ingestRate(opened);

  const folder = scratch('outage', opened);
  const site = await openSite(folder, opened);
  const { organizer, event, tills, cable } = site;
  progress('a box that is cut off sells');
  const maker = new TapMaker(5, Math.ceil(entries / ENTRIES_A_GUEST));
  await reportWristbands(organizer, event, maker.wristbands());
  const { config } = site;
  const credentials = openCredentials(boxFiles(config.dataDir).vault, null, world.random);
  await fill(setting, () => openBoxJournal(config, credentials, world), maker);
  const [keySet] = credentials.enrolment.keySets.map(keySetFrom);
  if (keySet === undefined) throw new RangeError('an event without keys');
  const count = RESTARTS + tills.length * GUESTS_A_TILL;
  const guests = await fullWristbands(count, event.eventId, keySet, seededRandom(6));
  await reportWristbands(
    organizer,
    event,
    guests.map(({ wristband }) => wristband),
  );
  const chipsFile = join(folder, 'chips');
  writeFileSync(chipsFile, writeChips(guests));

  cable.cut();
  const clients = new Child<TillsProcess>('./tills-process.ts');
  opened.defer(() => clients.close());
  const place = { dataDir: config.dataDir, cloud: config.cloud, chipsFile };
  const restartMs: number[] = [];
  for (let i = 0; i < RESTARTS; i++) {
    const ms = await firstTap(
      setting,
      place,
      tills.slice(0, 1),
      { from: i, perTill: 1 },
      clients,
      `restart ${i}`,
    );
    restartMs.push(ms);
    progress(`restart to first tap: ${ms.toFixed(0)} ms`);
  }

  const box = new Child<BoxProcess>('./box-process.ts', edgeFlags());
  opened.defer(() => box.close());
  const order = {
    ...place,
    tills: tills.map(({ id }) => id),
    guests: { from: RESTARTS, perTill: GUESTS_A_TILL },
  };
  const port = await box.ask('start', order);
  await clients.ask('connect', 'bar', await seats(tills, port, till => certify(config.dataDir, till)));
  const { taps, ms } = await clients.ask('sell', 'bar', LOAD_MS);
  const loaded = await box.ask('figures');
  progress(`${((taps * 1000) / ms).toFixed(0)} taps/s in ${(loaded.rss / 1e6).toFixed(0)} MB`);

  const sent = loaded.lag;
  const startedMs = performance.now();
  cable.mend();
  const most = await drained(box, sent, progress);
  const seconds = (performance.now() - startedMs) / 1000;
  progress(
    `${sent} entries in ${seconds.toFixed(1)} s; the box took ${(most / 1e6).toFixed(0)} MB meanwhile`,
  );
  const { cases } = await lookAtCloud(organizer, event);
  if (cases.length > 0) throw new Error(`an honest evening opened ${cases.length} cases`);
  for (const child of [clients, box]) await child.close();
  await site.close();
  progress('and how fast it takes them now');
  const ingestAfter = await ingestRate(opened);
  // Minutes lie between the two, and a shared machine doesn't stay as fast as it was.
  const floor = (ingestBefore.value + ingestAfter.value) / 2;
  return [
    // The floor is shared by six boxes that fill each other's pauses and call ingest directly. One alone, that compresses, sends over
    // TLS and waits for each checkpoint, shall reach a quarter of it: more than its share.
    figure('outage-drain', 'entries/s', { value: sent / seconds, floor }, { atLeast: 0.25 }),
    // Three minutes a million: forty tills at a tap every four seconds need fourteen hours to sell it.
    figure('outage-drain-time', 's', { value: seconds }, { atMost: Math.ceil(sent / ENTRIES_A_SECOND) }),
    figure('restart-to-first-tap', 'ms', { value: quantile(restartMs, 0.5) }, { atMost: 2000 }),
    figure('box-memory', 'MB', { value: loaded.rss / 1e6 }, { atMost: 150 }),
  ];
}

/** A PostgreSQL of its own, gone again before anything else is measured. */
async function ingestRate(opened: AsyncDisposableStack) {
  const own = opened.use(new AsyncDisposableStack());
  try {
    return await benchIngest(own, INGEST_BATCHES);
  } finally {
    await own.disposeAsync();
  }
}

async function openSite(folder: string, opened: AsyncDisposableStack) {
  const closing = opened.use(new AsyncDisposableStack());
  const starting = openCloud(folder);
  // Closed before it is up, it is waited for: its files must not come back behind the folder's removal.
  closing.defer(async () => (await starting.catch(() => undefined))?.cloud.close());
  const open = await starting;
  const { cloud, ca } = open;
  const organizer = new Organizer({ url: cloud.url, adminToken: cloud.adminToken, ca });
  closing.defer(() => organizer.close());
  const catalogue = benchCatalogue();
  const tills = benchTills(catalogue);
  const event = await setUpEvent(organizer, catalogue, tills, CAPS, world.nowMs());
  const dataDir = join(folder, 'box');
  const { config, cable } = await cabledBox({ dataDir, name: 'bench', open, organizer, event, readers: [] });
  closing.defer(() => cable.close());
  return { organizer, event, tills, cable, config, close: () => closing.disposeAsync() };
}

/** Two entries a tap, until there are enough. */
async function fill(
  { progress, entries }: Setting,
  open: () => ReturnType<typeof openBoxJournal>,
  maker: TapMaker,
): Promise<void> {
  const journal = open();
  const until = journal.lastSeq + entries;
  for (let next = 0; journal.lastSeq < until; ) {
    if (journal.lastSeq >= next) {
      progress(`${journal.lastSeq} entries of ${until}`);
      next += Math.ceil(entries / 10);
    }
    await sellAtOnce(journal, maker, TAPS_AT_ONCE);
  }
  await journal.close();
}

/** @returns milliseconds from the start of a box's process to its first approved tap */
async function firstTap(
  { opened }: Setting,
  place: Pick<Parameters<BoxProcess['start']>[0], 'dataDir' | 'cloud' | 'chipsFile'>,
  tills: ReturnType<typeof benchTills>,
  guests: { readonly from: number; readonly perTill: number },
  clients: Child<TillsProcess>,
  bar: string,
): Promise<number> {
  const startedMs = performance.now();
  const box = new Child<BoxProcess>('./box-process.ts', edgeFlags());
  opened.defer(() => box.close());
  const port = await box.ask('start', { ...place, tills: tills.map(({ id }) => id), guests });
  await clients.ask('connect', bar, await seats(tills, port, till => certify(place.dataDir, till)));
  await clients.ask('sell', bar, 0);
  const ms = performance.now() - startedMs;
  await box.close();
  return ms;
}

/** @returns the most memory it took meanwhile, in bytes */
async function drained(
  box: Child<BoxProcess>,
  total: number,
  progress: (text: string) => void,
): Promise<number> {
  let most = 0;
  const deadlineMs = performance.now() + DRAIN_MS;
  for (let said = total; ; await sleep(LOOK_MS)) {
    const { lag, rss } = await box.ask('figures');
    most = Math.max(most, rss);
    if (lag === 0) return most;
    if (performance.now() > deadlineMs) throw new Error(`${lag} entries are still with the box`);
    if (lag > said - total / 10) continue;
    progress(`${total - lag} of ${total} entries are with the cloud`);
    said = lag;
  }
}
