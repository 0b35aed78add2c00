import { afterAll, beforeAll, expect, test, vi } from 'vitest';
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
