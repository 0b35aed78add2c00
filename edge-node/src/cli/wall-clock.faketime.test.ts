/**
 * The real program under a wall clock that is wrong, and that somebody sets while it runs: libfaketime stands between it and the
 * kernel. The monotonic clock is left alone, as it is when a machine's clock is set.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Generation, SaleId, TapId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry, type Entry } from '@pulsera/firmware-protocol/journal/entry';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { signPlan } from '@pulsera/firmware-protocol/wire/plan';
import { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import { TillResult } from '@pulsera/firmware-protocol/wire/till';
import { personaliseWristband } from '@pulsera/firmware-protocol/wristband';
import Database from 'better-sqlite3';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BAR, samplePlan } from '../../test/bar-sample.ts';
import { enrolByHand } from '../../test/box-sample.ts';
import { hasDebianTool } from '../../test/debian.ts';
import { scratch, walletOf } from '../../test/journal-sample.ts';
import { boxFiles } from '../box-files.ts';
import { openCredentials } from '../credentials.ts';
import { eventLoop } from '../event-loop.ts';
import { keySetFrom } from '../tap/keys.ts';
import { certify } from './certify.ts';

const MAIN = fileURLToPath(new URL('../edge.js', import.meta.url));
const [YEAR_MS, HOUR_MS] = [365 * 86_400_000, 3_600_000];
/** How far from the true time a reading may be: a slow machine, and the second that libfaketime counts in. */
const NEAR_MS = 60_000;

/** The library itself, as LD_PRELOAD wants it: for programs with threads. */
function libfaketime(): string {
  for (const folder of readdirSync('/usr/lib')) {
    const file = join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1');
    if (existsSync(file)) return file;
  }
  throw new Error('faketime is installed without its library');
}

let place: ReturnType<typeof scratch>;
let dataDir: string;
let config: string;
/** What libfaketime reads the offset from, at every look at the clock. */
let offset: string;
let chip: VirtualChip;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  place = scratch();
  dataDir = join(place.dir, 'box');
  config = join(place.dir, 'edge.json');
  offset = join(place.dir, 'offset');
  const sign = enrolByHand(dataDir);
  writeFileSync(boxFiles(dataDir).plan, signPlan(samplePlan(), sign));
  // Port 1 of this machine: nobody is there, at once. No reader is wired to the box, so that each till brings its own.
  const settings = {
    dataDir,
    cloud: { url: 'http://127.0.0.1:1' },
    mqtt: { host: '127.0.0.1', port: 0 },
    healthPort: 0,
  };
  writeFileSync(config, JSON.stringify(settings));
  chip = await wristband();
});
afterEach(async () => {
  for (const end of closing.splice(0).reverse()) await end();
  place.remove();
});

const random = (length: number) => new Uint8Array(randomBytes(length));
const credentials = () => openCredentials(boxFiles(dataDir).vault, null, random);

async function wristband(): Promise<VirtualChip> {
  const { eventId: event, keySets } = credentials().enrolment;
  const [keySet] = keySets.map(keySetFrom);
  if (keySet === undefined) throw new Error('no key set');
  const blank = new VirtualChip('04000000000001');
  const reader = new VirtualReader({ name: 'encoder', clock: jumpingClock() });
  await reader.present(blank);
  const order = { event, keySet, wallet: walletOf(1), generation: 1 as Generation, ageClass: 0, nonce: 1 };
  expect(await personaliseWristband(reader, order)).toMatchObject({ kind: 'made' });
  await reader.remove();
  return blank;
}

/** The whole file at once: the box may look at any moment. */
function setClock(ahead: string): void {
  writeFileSync(`${offset}.new`, `${ahead}\n`);
  renameSync(`${offset}.new`, offset);
}

async function startBox(): Promise<Up> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'start', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      LD_PRELOAD: libfaketime(),
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_UTIME: '1',
    },
  });
  const ended = once(child, 'exit');
  closing.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface(child.stdout)) {
    const told = JSON.parse(line) as { msg: string; mqttPort: number; serverName: string };
    if (told.msg !== 'The box is up') continue;
    return {
      port: told.mqttPort,
      serverName: told.serverName,
      async stop() {
        child.kill('SIGTERM');
        expect((await ended)[0]).toBe(0);
      },
    };
  }
  throw new Error('it ended before it was up');
}

interface Up {
  readonly port: number;
  readonly serverName: string;
  stop(): Promise<void>;
}

interface Till {
  tap(leaf: string, request: object): Promise<TillResult>;
  close(): Promise<void>;
}

/** Certified by the box's own command before anything starts. */
async function certificate(): Promise<{ ca: string; cert: string; key: string }> {
  const ports = {
    clock: { wallMs: () => Date.now(), monoMs: () => performance.now() },
    loop: eventLoop,
    random,
    crypto: webcrypto,
    readFile: (path: string) => readFileSync(path, 'utf8'),
  };
  const folder = join(place.dir, 'till');
  await certify(dataDir, credentials(), { terminal: BAR, folder }, ports);
  const pem = (name: string) => readFileSync(join(folder, `${name}.pem`), 'utf8');
  return { ca: pem('ca'), cert: pem('cert'), key: pem('key') };
}

/** A till on a machine whose clock is right, with its reader behind it. */
async function openTill(
  { port, serverName: servername }: Up,
  access: Awaited<ReturnType<typeof certificate>>,
): Promise<Till> {
  const client = await mqtt.connectAsync(
    `mqtts://127.0.0.1:${port}`,
    { protocolVersion: 4, clientId: BAR, ...access, servername, reconnectPeriod: 0 },
    false,
  );
  closing.push(() => client.endAsync(true));
  const say = (leaf: string, message: object, retain = false) =>
    client.publishAsync(`till/${BAR}/${leaf}`, JSON.stringify(message), { qos: 1, retain });
  const reader = new VirtualReader({ name: 'own', clock: jumpingClock(), via: 'terminal' });
  const server = serveReader(reader, {
    answer: answer => void say('reader/answer', answer),
    field: field => void say('reader/field', field),
  });
  const answered = new Map<string, (result: TillResult) => void>();
  client.on('message', (topic, payload) => {
    const message: unknown = JSON.parse(payload.toString());
    if (topic.endsWith('/reader/script')) void server.run(ReaderScript.parse(message));
    if (!topic.endsWith('/result')) return;
    const result = TillResult.parse(message);
    if ('tapId' in result) answered.get(result.tapId)?.(result);
  });
  await client.subscribeAsync([`till/${BAR}/result`, `till/${BAR}/reader/script`], { qos: 1 });
  await say('presence', { online: true }, true);
  server.announce();
  return {
    async tap(leaf: string, request: object): Promise<TillResult> {
      const tapId = randomUUID() as TapId;
      const answer = new Promise<TillResult>(resolve => answered.set(tapId, resolve));
      await say(leaf, { tapId, operator: null, shift: null, ...request });
      await reader.present(chip);
      const result = await answer;
      await reader.remove();
      return result;
    },
    close: () => client.endAsync(),
  };
}

const topUp = (till: Till) => till.tap('topup', { amountMinor: 5_000, tender: 'cash' });
const buyWater = (till: Till) =>
  till.tap('charge', { saleId: randomUUID() as SaleId, lines: [{ product: 'water', quantity: 1 }] });

/** Of a box that has stopped. */
function entries(): readonly Entry[] {
  const db = new Database(boxFiles(dataDir).journal, { readonly: true });
  try {
    const rows = db.prepare<[], { content: Uint8Array }>('SELECT content FROM entry ORDER BY at').all();
    return rows.map(({ content }) => decodeEntry(new Uint8Array(content)));
  } finally {
    db.close();
  }
}

const jumps = () =>
  entries().flatMap(({ kind, body }) => (kind === 'clock-jump' ? [body.toMs - body.fromMs] : []));
const near = (ms: number) => ({
  asymmetricMatch: (seen: unknown) => typeof seen === 'number' && Math.abs(seen - ms) < NEAR_MS,
});
/** How far ahead of the true time the taps are dated. */
const tapsAheadMs = () =>
  entries().flatMap(({ kind, wallMs }) => (kind === 'tap' ? [wallMs - Date.now()] : []));

describe.skipIf(!hasDebianTool('faketime', 'faketime'))('a wall clock that is wrong', () => {
  it('set forward a year and back an hour while the box runs: the bar stays open, and each jump is journaled', async () => {
    const access = await certificate();
    setClock('+0');
    const box = await startBox();
    const till = await openTill(box, access);
    expect(await topUp(till)).toMatchObject({ outcome: 'approved', balanceMinor: 5_000 });

    setClock('+365d');
    expect(await buyWater(till)).toMatchObject({ outcome: 'approved', balanceMinor: 4_800 });
    await till.close();
    const again = await openTill(box, access);
    expect(await buyWater(again)).toMatchObject({ outcome: 'approved', balanceMinor: 4_600 });

    setClock('-1h');
    expect(await buyWater(again)).toMatchObject({ outcome: 'approved', balanceMinor: 4_400 });
    await again.close();
    await box.stop();
    expect(tapsAheadMs()).toEqual([near(0), near(YEAR_MS), near(YEAR_MS), near(-HOUR_MS)]);
    expect(jumps()).toEqual([near(YEAR_MS), near(-YEAR_MS - HOUR_MS)]);
    const monoMs = entries().map(entry => entry.monoMs);
    expect(monoMs).toEqual(monoMs.toSorted((a, b) => a - b));
  });

  it('found a year ahead at one start and an hour behind at the next: both times the bar opens', async () => {
    const access = await certificate();
    setClock('+365d');
    const ahead = await startBox();
    const first = await openTill(ahead, access);
    expect(await topUp(first)).toMatchObject({ outcome: 'approved', balanceMinor: 5_000 });
    await first.close();
    await ahead.stop();

    setClock('-1h');
    const behind = await startBox();
    const second = await openTill(behind, access);
    expect(await buyWater(second)).toMatchObject({ outcome: 'approved', balanceMinor: 4_800 });
    await second.close();
    await behind.stop();
    expect(tapsAheadMs()).toEqual([near(YEAR_MS), near(-HOUR_MS)]);
    expect(jumps()).toEqual([near(-YEAR_MS - HOUR_MS)]);
  });
});
