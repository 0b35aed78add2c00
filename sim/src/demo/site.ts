/** The site: a cloud on its own PostgreSQL, two enrolled boxes behind cables that can be cut, tills with certificates, wristbands. */
import { join } from 'node:path';
import type { RunningCloud } from '@pulsera/cloud-api/cloud';
import { type Box, startBox } from '@pulsera/edge-node/box';
import type { StandId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Reader } from '@pulsera/firmware-protocol/reader/reader';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { FaultProxy } from '../fault-proxy.ts';
import { cabledBox, type NewBox } from './cabled-box.ts';
import type { CatalogueRow } from './catalogue.ts';
import type { Guest } from './guest.ts';
import { makeWristbands } from './hand-readers.ts';
import { makeGuests } from './make-guests.ts';
import { openCloud } from './open-cloud.ts';
import { type DemoEvent, Organizer, reportWristbands, setUpEvent, tillsFor } from './organizer.ts';
import { encodingKeys } from './virtual-wristband.ts';
import { airClock, silentLog, world } from './world.ts';

export interface SiteBox {
  readonly name: string;
  readonly box: Box;
  readonly cable: FaultProxy;
  readonly dataDir: string;
}

export interface SiteTill {
  readonly id: TillId;
  readonly box: number;
  readonly kind: 'bar' | 'topup';
  readonly stand: string;
  readonly reader: VirtualReader;
  /** Name of the PC/SC reader that it has instead. */
  readonly pcsc: string | undefined;
}

/** At a real PC/SC reader of box 1, where a person holds wristbands out. */
export interface HandTill {
  readonly id: TillId;
  readonly stand: StandId;
  /** The reader's name in pcscd. */
  readonly reader: string;
}

export interface Site {
  readonly cloud: RunningCloud;
  readonly organizer: Organizer;
  readonly event: DemoEvent;
  readonly boxes: readonly [SiteBox, SiteBox];
  readonly tills: readonly SiteTill[];
  readonly handTills: readonly HandTill[];
  readonly guests: readonly Guest[];
  close(): Promise<void>;
}

export interface SitePlan {
  readonly folder: string;
  readonly catalogue: readonly CatalogueRow[];
  readonly tills: number;
  readonly guests: number;
  /** Decides the wristbands' UIDs. */
  readonly seed: number;
  /** PC/SC readers of the demo's own by name, for the first tills of box 1: one that tops up, one bar. */
  readonly playedReaders: readonly string[];
  /** PC/SC readers by name at which a person holds wristbands out: each gets a till of its own at box 1. */
  readonly handReaders: readonly string[];
  /** How many wristbands that person makes first. */
  readonly handWristbands: number;
  /** Told what is being done, for whoever waits. */
  readonly progress: (text: string) => void;
}

/** Generous enough for an evening, low enough to be met by somebody: minor units. */
export const CAPS = {
  chargeMinor: 20_000,
  chipMinor: 50_000,
  boxOfflineMinor: 50_000_000,
  terminalMinor: 100_000,
};
/** Sync that suits half a minute: what waits seconds on a site waits tenths here. */
const SYNC = { backoff: { firstMs: 100, mostMs: 1_000 }, planMs: 2_000 };

/** Everything started is stopped again when something on the way fails. */
export async function openSite(plan: SitePlan): Promise<Site> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    return { ...(await build(plan, closing)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(plan: SitePlan, closing: (() => Promise<unknown>)[]): Promise<Omit<Site, 'close'>> {
  const { folder, catalogue, progress } = plan;
  progress('starting the cloud on its own PostgreSQL');
  const open = await openCloud(folder);
  const { cloud, ca } = open;
  closing.push(() => cloud.close());
  const organizer = new Organizer({ url: cloud.url, adminToken: cloud.adminToken, ca });
  closing.push(() => organizer.close());

  progress('setting up the event, publishing its plan');
  const newTills = tillsFor(catalogue, plan.tills);
  const handTills = handTillsFor(plan);
  const bars = handTills.map(({ id, stand }) => ({ id, stand, kind: 'bar' as const }));
  const event = await setUpEvent(organizer, catalogue, [...newTills, ...bars], CAPS, world.nowMs());
  const atFirst = newTills.filter(({ box }) => box === 0);
  const withPcsc = [atFirst.find(({ kind }) => kind === 'topup'), atFirst.find(({ kind }) => kind === 'bar')];
  const tills = newTills.map((till): SiteTill => {
    const reader = new VirtualReader({ name: `reader of ${till.id}`, clock: airClock });
    return { ...till, reader, pcsc: plan.playedReaders[withPcsc.indexOf(till)] };
  });

  progress('enrolling two boxes');
  const boxes: SiteBox[] = [];
  for (const [index, name] of ['box 1', 'box 2'].entries()) {
    const own = tills.filter(({ box }) => box === index);
    const dataDir = join(folder, name.replace(' ', '-'));
    const inHand = index === 0 ? handTills : [];
    const listed = readersOf(own, inHand);
    const { config, cable } = await cabledBox({ dataDir, name, open, organizer, event, readers: listed });
    closing.push(() => cable.close());
    // Before the box has the readers: two programs at one reader would talk into each other's exchanges.
    if (inHand.length > 0) await makeInHand(plan, dataDir, organizer, event);
    const readers = new Map(own.map(({ id, reader }): [TillId, Reader] => [id, reader]));
    const box = await startBox(config, null, {
      ...world,
      log: silentLog,
      virtualReaders: readers,
      syncLimits: SYNC,
    });
    closing.push(() => box.close());
    boxes.push({ name, box, cable, dataDir });
  }
  const [first, second] = boxes;
  if (!first || !second) throw new RangeError('a site has two boxes');

  progress(`making ${plan.guests} wristbands`);
  const guests = await makeGuests(plan.guests, plan.seed, encodingKeys(first.dataDir));
  const made = guests.map(({ wristband }) => wristband);
  await reportWristbands(organizer, event, made);
  const honest = guests.map(({ guest }) => guest);
  return { cloud, organizer, event, boxes: [first, second], tills, handTills, guests: honest };
}

function handTillsFor({ catalogue, handReaders }: SitePlan): HandTill[] {
  const [stand] = catalogue.map(row => row.stand);
  if (stand === undefined) throw new RangeError('a catalogue without stands');
  return handReaders.map((reader, i) => ({ id: `in-hand-${i + 1}` as TillId, stand, reader }));
}

async function makeInHand(plan: SitePlan, dataDir: string, organizer: Organizer, event: DemoEvent) {
  const { handReaders, handWristbands, progress } = plan;
  const keys = { ...encodingKeys(dataDir), olderKeySets: [], ageClass: 18, random: world.random };
  await reportWristbands(organizer, event, await makeWristbands(handReaders, handWristbands, keys, progress));
}

const readersOf = (tills: readonly SiteTill[], handTills: readonly HandTill[]): NewBox['readers'] => [
  ...tills.map(({ id, pcsc }) =>
    pcsc === undefined
      ? ({ kind: 'virtual', name: id, till: id } as const)
      : ({ kind: 'pcsc', name: id, till: id, match: pcsc } as const),
  ),
  ...handTills.map(({ id, reader }) => ({ kind: 'pcsc', name: id, till: id, match: reader }) as const),
];
