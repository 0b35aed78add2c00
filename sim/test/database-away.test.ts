/**
 * The cloud's database goes away under two boxes that sell on. For how long: PULSERA_TEST_DATABASE_AWAY_SECONDS, else as long as
 * every answer takes to turn into a refusal; the box's pauses over an hour are in edge-node's outage.test.ts.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Server, startServer } from '@pulsera/cloud-api/database/server';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { FaultProxy } from '../src/fault-proxy.ts';
import { buyBeer, Site, topUp } from './site.ts';

const AWAY_MS = 1000 * Number(process.env.PULSERA_TEST_DATABASE_AWAY_SECONDS ?? 0);
const folder = mkdtempSync(join(tmpdir(), 'pulsera-away-'));
chmodSync(folder, 0o755);

let server: Server;
let line: FaultProxy;
let site: Site;
beforeAll(async () => {
  server = await startServer({ folder, newPassword: randomBytes(8).toString('hex') });
  const url = new URL(server.url);
  line = await FaultProxy.start({ targetHost: '127.0.0.1', targetPort: Number(url.port) });
  url.port = String(line.port);
  site = await Site.open(2, url.href);
}, 60_000);
afterAll(async () => {
  await site.close();
  await line.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Longer than the cloud waits for a database that says nothing. */
const SYNCED = { timeout: 60_000, interval: 50 };
const level = () =>
  vi.waitFor(() => {
    for (const { box } of site.boxes) {
      expect(box.sync.state()).toMatchObject({ lagEntries: 0, cutOffSinceMs: null, failing: {} });
    }
  }, SYNCED);

const Balances = z.object({ balances: z.array(z.object({ account: z.string(), amountMinor: z.int() })) });
async function booked() {
  const { balances } = Balances.parse(await site.call('GET', `${site.path}/balances`));
  const sumOf = (which: RegExp) =>
    balances
      .filter(({ account }) => which.test(account))
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  return { soldMinor: 0 - sumOf(/^(?:revenue|tax):/), cashMinor: sumOf(/^cash:/), allMinor: sumOf(/^/) };
}
async function asked() {
  const response = await site.organizer.answer('GET', `${site.path}/balances`);
  const { code } = z.looseObject({ code: z.string() }).parse(await response.json());
  return { status: response.status, retryAfter: response.headers.get('retry-after'), code };
}

test.each([
  ['refuses every connection', () => line.cut()],
  ['says nothing any more', () => line.blackHole()],
])(
  'a database that %s: 503 with its code, the boxes sell on, and everything is booked once after',
  async (_name, leave) => {
    const before = await booked();
    const [one, two] = site.boxes;
    if (!one || !two) throw new Error('two boxes');
    const chips = await Promise.all([1, 2].map(() => site.wristband(++wristbands)));
    await level();

    leave();
    const leftAtMs = Date.now();
    const beers = [0, 0];
    for (const [i, box] of [one, two].entries()) {
      const chip = chips[i];
      if (!chip) throw new Error('two wristbands');
      expect(await topUp(box, chip, 3_000)).toMatchObject({ outcome: 'approved' });
    }
    do {
      for (const [i, box] of [one, two].entries()) {
        const chip = chips[i];
        if (!chip || (beers[i] ?? 0) >= 6) continue;
        expect(await buyBeer(box, chip)).toMatchObject({ outcome: 'approved' });
        beers[i] = (beers[i] ?? 0) + 1;
      }
      expect(await asked()).toEqual({ status: 503, retryAfter: '5', code: 'database-unavailable' });
      for (const { box } of [one, two]) {
        await vi.waitFor(
          () => expect(box.sync.state().failing).toMatchObject({ up: 'database-unavailable' }),
          SYNCED,
        );
      }
      await sleep(Math.min(1_000, AWAY_MS));
    } while (Date.now() - leftAtMs < AWAY_MS);

    line.mend();
    await level();
    const sold = 500 * (beers[0] ?? 0) + 500 * (beers[1] ?? 0);
    expect(sold).toBeGreaterThan(0);
    expect(await booked()).toEqual({
      soldMinor: before.soldMinor + sold,
      cashMinor: before.cashMinor + 6_000,
      allMinor: 0,
    });
    expect(await site.call('GET', `${site.path}/cases`)).toEqual({ cases: [] });
  },
  240_000 + 2 * AWAY_MS,
);

let wristbands = 0;
