/** A small festival on real parts: the cloud on its own PostgreSQL, boxes behind cables that can be cut, tills over MQTT and TLS. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Box, type BoxPorts, startBox } from '@pulsera/edge-node/box';
import type { Config } from '@pulsera/edge-node/config';
import type { ProductId, SaleId, StandId, TapId, TillId } from '@pulsera/firmware-protocol/ids';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { TillResult } from '@pulsera/firmware-protocol/wire/till';
import { cabledBox } from '../src/demo/cabled-box.ts';
import type { CatalogueRow } from '../src/demo/catalogue.ts';
import { type OpenCloud, openCloud } from '../src/demo/open-cloud.ts';
import { type DemoEvent, Organizer, reportWristbands, setUpEvent } from '../src/demo/organizer.ts';
import { DemoTill } from '../src/demo/till.ts';
import { encodingKeys, makeVirtualWristband } from '../src/demo/virtual-wristband.ts';
import { airClock, silentLog, world } from '../src/demo/world.ts';
import type { FaultProxy } from '../src/fault-proxy.ts';

const CAPS = { chargeMinor: 15_000, chipMinor: 50_000, boxOfflineMinor: 2_000_000, terminalMinor: 200_000 };
const BEER: CatalogueRow = {
  stand: 'bar' as StandId,
  product: 'beer' as ProductId,
  name: 'Beer',
  priceMinor: 500,
  taxRateBp: 2000,
  depositMinor: 0,
};

/** In the plan, and with no reader at any box. */
export const SPARE_TILL = 'till-spare' as TillId;

export interface SiteBox {
  readonly config: Config;
  readonly cable: FaultProxy;
  /** Another one after a restart: a box that stops closes its readers. */
  reader: VirtualReader;
  till: DemoTill;
  box: Box;
  /** Its wall clock, and how far that has been set ahead. */
  readonly clock: { aheadMs: number };
  /** Stops and starts the box on the same disk; its till connects anew. */
  restart(): Promise<void>;
}

export class Site {
  readonly organizer: Organizer;
  /** Where the event lies in the API. */
  readonly path: string;
  readonly boxes: SiteBox[] = [];
  readonly #open: OpenCloud;
  readonly #event: DemoEvent;
  readonly #folder: string;
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor(open: OpenCloud, organizer: Organizer, event: DemoEvent, folder: string) {
    this.organizer = organizer;
    this.path = event.path;
    this.#open = open;
    this.#event = event;
    this.#folder = folder;
  }

  /** @param databaseUrl of a PostgreSQL that the test brings; the cloud starts its own when left out */
  static async open(boxes: number, databaseUrl?: string): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'pulsera-site-'));
    // PostgreSQL runs as somebody else, and passes through.
    chmodSync(folder, 0o755);
    const open = await openCloud(folder, databaseUrl);
    const organizer = new Organizer({ ...open.cloud, ca: open.ca });
    const tills = [...Array.from({ length: boxes }, (_, n) => `till-${n + 1}` as TillId), SPARE_TILL];
    const event = await setUpEvent(
      organizer,
      [BEER],
      tills.map(id => ({ id, stand: BEER.stand, kind: 'bar' })),
      CAPS,
      world.nowMs(),
    );
    const site = new Site(open, organizer, event, folder);
    for (let n = 1; n <= boxes; n++) await site.#addBox(n);
    return site;
  }

  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    return this.organizer.call(method, path, body);
  }

  /** Made at the first box, and known to the cloud. */
  async wristband(n: number): Promise<VirtualChip> {
    const first = this.boxes[0];
    if (first === undefined) throw new RangeError('a site has boxes');
    const keys = encodingKeys(first.config.dataDir);
    const { chip, wristband } = await makeVirtualWristband(
      `04${n.toString(16).padStart(12, '0')}`,
      keys,
      world.random,
    );
    await reportWristbands(this.organizer, this.#event, [wristband]);
    return chip;
  }

  async close(): Promise<void> {
    for (const end of this.#closing.splice(0).reverse()) await end();
    await this.organizer.close();
    await this.#open.cloud.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #addBox(n: number): Promise<void> {
    const tillId = `till-${n}` as TillId;
    const { config, cable } = await cabledBox({
      dataDir: join(this.#folder, `box-${n}`),
      name: `Box ${n}`,
      open: this.#open,
      organizer: this.organizer,
      event: this.#event,
      readers: [{ kind: 'virtual', name: `reader-${n}`, till: tillId }],
    });
    this.#closing.push(() => cable.close());
    const clock = { aheadMs: 0, wallMs: () => world.nowMs() + clock.aheadMs, monoMs: world.clock.monoMs };
    const ports: BoxPorts = {
      ...world,
      clock,
      log: silentLog,
      syncLimits: { backoff: { firstMs: 50, mostMs: 500 }, lingerMs: 20, planMs: 500 },
    };
    const start = async () => {
      const reader = new VirtualReader({ name: `reader-${n}`, clock: airClock });
      const box = await startBox(config, null, { ...ports, virtualReaders: new Map([[tillId, reader]]) });
      return { reader, box, till: await tillOf(box, tillId) };
    };
    const siteBox: SiteBox = {
      config,
      cable,
      clock,
      ...(await start()),
      restart: async () => {
        await siteBox.till.close();
        await siteBox.box.close();
        Object.assign(siteBox, await start());
      },
    };
    this.boxes.push(siteBox);
    this.#closing.push(() => siteBox.box.close());
    this.#closing.push(() => siteBox.till.close());
  }
}

async function tillOf(box: Box, tillId: string): Promise<DemoTill> {
  const { cert, key, ca, serverName } = await box.issueTerminal(tillId);
  return DemoTill.connect({ tillId, host: '127.0.0.1', port: box.mqttPort, serverName, ca, cert, key });
}

const actor = { operator: null, shift: null };

export async function topUp(
  { till, reader }: SiteBox,
  chip: VirtualChip,
  amountMinor: number,
): Promise<TillResult> {
  const asked = till.ask('topup', { tapId: randomUUID() as TapId, ...actor, amountMinor, tender: 'cash' });
  return await heldOut(reader, chip, asked);
}

export async function buyBeer(
  { till, reader }: SiteBox,
  chip: VirtualChip,
  quantity = 1,
): Promise<TillResult> {
  const asked = till.ask('charge', {
    tapId: randomUUID() as TapId,
    saleId: randomUUID() as SaleId,
    ...actor,
    lines: [{ product: BEER.product, quantity }],
  });
  return await heldOut(reader, chip, asked);
}

async function heldOut<T>(reader: VirtualReader, chip: VirtualChip, asked: Promise<T>): Promise<T> {
  await reader.present(chip);
  const result = await asked;
  await reader.remove();
  return result;
}
