/** A small festival on real parts: the cloud on its own PostgreSQL, boxes behind cables that can be cut, tills over MQTT and TLS. */
import { randomBytes, randomUUID, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCloud, startCloud } from '@pulsera/cloud-api/cloud';
import { parseConfig } from '@pulsera/cloud-api/config';
import { type Box, type BoxPorts, startBox } from '@pulsera/edge-node/box';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { enrolBox } from '@pulsera/edge-node/cli/enrol';
import { type Config, readConfig } from '@pulsera/edge-node/config';
import { openCredentials } from '@pulsera/edge-node/credentials';
import { eventLoop } from '@pulsera/edge-node/event-loop';
import { keySetFrom } from '@pulsera/edge-node/tap/keys';
import {
  EventId,
  type Generation,
  type SaleId,
  type TapId,
  TenantId,
  type TillId,
  type WalletId,
} from '@pulsera/firmware-protocol/ids';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Clock as AirClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import type { TillResult } from '@pulsera/firmware-protocol/wire/till';
import { personaliseWristband } from '@pulsera/firmware-protocol/wristband';
import { fetch } from 'undici';
import { z } from 'zod';
import { DemoTill } from '../src/demo/till.ts';
import { FaultProxy } from '../src/fault-proxy.ts';

const monoMs = () => performance.now();
const wallClock = { wallMs: () => Date.now(), monoMs };
export const airClock: AirClock = {
  nowMs: () => performance.now(),
  sleepUntil: atMs => new Promise(resolve => setTimeout(resolve, Math.max(0, atMs - performance.now()))),
};
const random = (length: number) => new Uint8Array(randomBytes(length));
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

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
  readonly cloud: RunningCloud;
  readonly path: string;
  readonly boxes: SiteBox[] = [];
  readonly #folder: string;
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor(cloud: RunningCloud, path: string, folder: string) {
    this.cloud = cloud;
    this.path = path;
    this.#folder = folder;
  }

  /** @param databaseUrl of a PostgreSQL that the test brings; the cloud starts its own when left out */
  static async open(boxes: number, databaseUrl?: string): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'pulsera-site-'));
    const secret = () => Buffer.from(random(32)).toString('hex');
    const brought = databaseUrl !== undefined && {
      database: { ownerUrl: databaseUrl },
      secrets: { adminToken: secret(), masterKey: secret(), signingKey: secret() },
    };
    const config = parseConfig({
      port: 0,
      stateFolder: join(folder, 'cloud'),
      logLevel: 'silent',
      ...brought,
    });
    const cloud = await startCloud(config, { nowMs: Date.now, randomBytes: random });
    const call = callerOf(cloud);
    const { tenantId } = z
      .object({ tenantId: TenantId })
      .parse(await call('POST', '/v1/tenants', { name: 'Site' }));
    const event = await call('POST', `/v1/tenants/${tenantId}/events`, {
      name: 'Site',
      currency: 'EUR',
      timeZone: 'Europe/Vienna',
      startsAtMs: Date.now() - 3_600_000,
      endsAtMs: Date.now() + 86_400_000,
      caps: { chargeMinor: 15_000, chipMinor: 50_000, boxOfflineMinor: 2_000_000, terminalMinor: 200_000 },
    });
    const { eventId } = z.object({ eventId: EventId }).parse(event);
    const site = new Site(cloud, `/v1/tenants/${tenantId}/events/${eventId}`, folder);
    await site.call('POST', `${site.path}/stands`, { id: 'bar', name: 'Bar' });
    await site.call('POST', `${site.path}/products`, {
      id: 'beer',
      name: 'Beer',
      kind: 'sale',
      priceMinor: 500,
      taxRateBp: 2000,
      depositMinor: 0,
    });
    for (const id of [...Array.from({ length: boxes }, (_, n) => `till-${n + 1}`), SPARE_TILL]) {
      await site.call('POST', `${site.path}/tills`, { id, stand: 'bar', name: id, kind: 'bar' });
    }
    await site.call('POST', `${site.path}/plans`);
    for (let n = 1; n <= boxes; n++) await site.#addBox(n);
    return site;
  }

  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return callerOf(this.cloud)(method, path, body);
  }

  /** Made at the first box, and known to the cloud. */
  async wristband(n: number): Promise<VirtualChip> {
    const first = this.boxes[0];
    if (first === undefined) throw new RangeError('a site has boxes');
    const { enrolment } = openCredentials(boxFiles(first.config.dataDir).vault, null, random);
    const chip = new VirtualChip(`04${n.toString(16).padStart(12, '0')}`);
    const reader = new VirtualReader({ name: 'bench', clock: airClock });
    await reader.present(chip);
    const [keySet] = enrolment.keySets.map(keySetFrom);
    if (keySet === undefined) throw new Error('no key set');
    const wallet = Buffer.from(random(8)).toString('hex') as WalletId;
    const order = {
      event: enrolment.eventId,
      keySet,
      wallet,
      generation: 1 as Generation,
      ageClass: 0,
      nonce: n,
    };
    const made = await personaliseWristband(reader, order);
    await reader.remove();
    if (made.kind !== 'made') throw new Error(`the wristband is ${made.kind}`);
    await this.call('POST', `${this.path}/wristbands`, { wristbands: [made.wristband] });
    return chip;
  }

  async close(): Promise<void> {
    for (const end of this.#closing.splice(0).reverse()) await end();
    await this.cloud.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #addBox(n: number): Promise<void> {
    const { hostname, port } = new URL(this.cloud.url);
    const cable = await FaultProxy.start({ targetHost: hostname, targetPort: Number(port) });
    this.#closing.push(() => cable.close());
    const tillId = `till-${n}` as TillId;
    const settings = {
      dataDir: join(this.#folder, `box-${n}`),
      cloud: { url: `http://127.0.0.1:${cable.port}` },
      mqtt: { host: '127.0.0.1', port: 0 },
      healthPort: 0,
      readers: [{ kind: 'virtual', name: `reader-${n}`, till: tillId }],
    };
    const config = readConfig(JSON.stringify(settings), {});
    const { code } = z
      .looseObject({ code: z.string() })
      .parse(await this.call('POST', `${this.path}/enrolment-codes`));
    const readFile = (path: string) => readFileSync(path, 'utf8');
    await enrolBox(
      config,
      null,
      { code, name: `Box ${n}` },
      { clock: wallClock, loop: eventLoop, random, crypto: webcrypto, readFile },
    );
    const clock = { aheadMs: 0, wallMs: () => Date.now() + clock.aheadMs, monoMs };
    const ports: BoxPorts = {
      clock,
      random,
      crypto: webcrypto,
      loop: eventLoop,
      log: quiet,
      readFile,
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

function callerOf({ url, adminToken }: RunningCloud) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
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
    lines: [{ product: 'beer' as never, quantity }],
  });
  return await heldOut(reader, chip, asked);
}

async function heldOut<T>(reader: VirtualReader, chip: VirtualChip, asked: Promise<T>): Promise<T> {
  await reader.present(chip);
  const result = await asked;
  await reader.remove();
  return result;
}
