import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { buyBeer, Site, type SiteBox, topUp } from './site.ts';

let site: Site;
let one: SiteBox;
let two: SiteBox;
beforeAll(async () => {
  site = await Site.open(2);
  const [first, second] = site.boxes;
  if (first === undefined || second === undefined) throw new Error('two boxes');
  one = first;
  two = second;
}, 60_000);
afterAll(() => site.close());

const SYNCED = { timeout: 20_000, interval: 50 };

/** Every entry of both boxes is acknowledged, and both hold all of the cloud's journal. */
const level = () =>
  vi.waitFor(() => {
    for (const { box } of [one, two]) {
      expect(box.sync.state()).toMatchObject({ lagEntries: 0, cutOffSinceMs: null });
    }
    expect(one.box.journal.cloudSeq).toBe(two.box.journal.cloudSeq);
  }, SYNCED);

const Balances = z.object({ balances: z.array(z.object({ account: z.string(), amountMinor: z.int() })) });
const Journals = z.object({ journals: z.array(z.object({ box: z.int(), seq: z.int() })) });

/** What the cloud has booked as sold, tax included. */
async function sold(): Promise<number> {
  const { balances } = Balances.parse(await site.call('GET', `${site.path}/balances`));
  const sales = balances.filter(({ account }) => /^(?:revenue|tax):/.test(account));
  return sales.reduce((sum, { amountMinor }) => sum - amountMinor, 0);
}

/** How much of the first box's journal the cloud holds. */
async function held(): Promise<number | undefined> {
  const { journals } = Journals.parse(await site.call('GET', `${site.path}/journals`));
  return journals.find(({ box }) => box === 1)?.seq;
}

test('what is loaded at one box is spent at the other, and both journals reach the cloud', async () => {
  const chip = await site.wristband(1);
  expect(await topUp(one, chip, 2_000)).toMatchObject({ outcome: 'approved', balanceMinor: 2_000 });
  expect(await buyBeer(two, chip, 2)).toMatchObject({ outcome: 'approved', balanceMinor: 1_000 });
  await level();
}, 60_000);

test('a cut cable: the bar sells on, and everything is there when it is back', async () => {
  const chip = await site.wristband(2);
  await topUp(one, chip, 5_000);
  one.cable.cut();
  await vi.waitFor(() => expect(one.box.health().problems).toContain('cut-off'), SYNCED);
  for (let n = 0; n < 5; n++) expect(await buyBeer(one, chip)).toMatchObject({ outcome: 'approved' });
  expect(one.box.sync.state().lagEntries).toBeGreaterThanOrEqual(10);
  one.cable.mend();
  await level();
  expect(one.box.health().status).toBe('ok');
}, 60_000);

test('a line that swallows everything without a word is noticed, and costs nothing', async () => {
  const chip = await site.wristband(3);
  await topUp(two, chip, 1_000);
  two.cable.blackHole();
  expect(await buyBeer(two, chip)).toMatchObject({ outcome: 'approved' });
  await vi.waitFor(() => expect(two.box.sync.cutOffSinceMs()).not.toBeNull(), {
    timeout: 40_000,
    interval: 100,
  });
  two.cable.mend();
  await level();
}, 90_000);

test('a batch whose answer is lost is sent again, and booked once', async () => {
  const chip = await site.wristband(7);
  await topUp(one, chip, 1_000);
  await level();
  const before = await sold();
  const acknowledged = one.box.journal.lastSeq;
  one.cable.deafen();
  await buyBeer(one, chip);
  await vi.waitFor(async () => expect(await held()).toBeGreaterThan(acknowledged), SYNCED);
  expect(one.box.journal.lastSeq - one.box.sync.state().lagEntries).toBe(acknowledged);
  one.cable.mend();
  await level();
  expect(await held()).toBe(one.box.journal.lastSeq);
  expect(await sold()).toBe(before + 500);
}, 60_000);

test('a clock set back an hour or forward a year closes no bar, also not over a restart', async () => {
  const chip = await site.wristband(8);
  await topUp(one, chip, 3_000);
  for (const aheadMs of [-3_600_000, 365 * 86_400_000]) {
    one.clock.aheadMs = aheadMs;
    expect(await buyBeer(one, chip)).toMatchObject({ outcome: 'approved' });
    await one.restart();
    expect(await buyBeer(one, chip)).toMatchObject({ outcome: 'approved' });
  }
  one.clock.aheadMs = 0;
  await level();
  const kinds = one.box.journal.entriesAfter(0 as never, 1e4, 1e7).map(content => decodeEntry(content).kind);
  expect(kinds.filter(kind => kind === 'clock-jump').length).toBeGreaterThanOrEqual(2);
  expect(await site.call('GET', `${site.path}/cases`)).toEqual({ cases: [] });
}, 60_000);

test('a slow line loses nothing', async () => {
  one.cable.delay(150);
  const chip = await site.wristband(4);
  await topUp(one, chip, 1_000);
  await buyBeer(one, chip);
  await level();
  one.cable.delay(0);
}, 60_000);

test('a box that is stopped in the middle of an outage goes on where its journal ends', async () => {
  const chip = await site.wristband(5);
  await topUp(two, chip, 1_000);
  two.cable.cut();
  await buyBeer(two, chip);
  await two.restart();
  two.cable.mend();
  await level();
}, 60_000);

test('online credit reaches the chip at whichever box it is held to next', async () => {
  const chip = await site.wristband(6);
  const wallet = Buffer.from(chip.image().memory.slice(24, 32)).toString('hex');
  await level();
  const before = one.box.journal.cloudSeq;
  const credit = { reference: 'online-1', mainMinor: 700, bonusMinor: 0 };
  await site.call('POST', `${site.path}/wallets/${wallet}/credits`, credit);
  await vi.waitFor(() => expect(one.box.journal.cloudSeq).toBeGreaterThan(before), SYNCED);
  expect(await buyBeer(one, chip)).toMatchObject({
    outcome: 'approved',
    loadedMinor: 700,
    balanceMinor: 200,
  });
  await level();
}, 60_000);
