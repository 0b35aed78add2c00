/** A sale of one box reversed at another: two real boxes, their cables, the cloud on PostgreSQL, and the audit of what it exports. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { SaleId, TapId } from '@pulsera/firmware-protocol/ids';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { tearAtByte } from '@pulsera/firmware-protocol/virtual/faults';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readItems } from '../src/audit/archive.ts';
import { audit } from '../src/audit/audit.ts';
import { report } from '../src/audit/report.ts';
import { Site, type SiteBox, topUp } from './site.ts';

let site: Site;
let one: SiteBox;
let two: SiteBox;
beforeAll(async () => {
  site = await Site.open(2);
  const [first, second] = site.boxes;
  if (first === undefined || second === undefined) throw new Error('two boxes');
  [one, two] = [first, second];
}, 60_000);
afterAll(() => site.close());

const SYNCED = { timeout: 20_000, interval: 50 };
const actor = { operator: null, shift: null };

const level = () =>
  vi.waitFor(() => {
    for (const { box } of [one, two]) {
      expect(box.sync.state()).toMatchObject({ lagEntries: 0, cutOffSinceMs: null });
    }
    expect(one.box.journal.cloudSeq).toBe(two.box.journal.cloudSeq);
  }, SYNCED);

async function heldOut<T>({ reader }: SiteBox, chip: VirtualChip, asked: Promise<T>): Promise<T> {
  await reader.present(chip);
  const result = await asked;
  await reader.remove();
  return result;
}

/** A beer at the first box, on a wristband with 20.00; known to the cloud. */
async function sold(n: number): Promise<{ chip: VirtualChip; sale: TapId }> {
  const chip = await site.wristband(n);
  await topUp(one, chip, 2_000);
  const sale = randomUUID() as TapId;
  const lines = [{ product: 'beer' as never, quantity: 1 }];
  const asked = one.till.ask('charge', { tapId: sale, saleId: randomUUID() as SaleId, ...actor, lines });
  expect(await heldOut(one, chip, asked)).toMatchObject({ outcome: 'approved', balanceMinor: 1_500 });
  await level();
  return { chip, sale };
}

const reverse = (at: SiteBox, chip: VirtualChip, ofTapId: TapId, waitMs = 20_000) =>
  heldOut(at, chip, at.till.ask('reverse', { tapId: randomUUID() as TapId, ...actor, ofTapId, waitMs }));

/** The whole event, as anybody may check it. */
async function expectInOrder(): Promise<void> {
  await level();
  const packed = await site.organizer.download(`${site.path}/export`);
  const audited = await audit(readItems(Readable.from(packed).pipe(createGunzip())));
  expect(audited.findings.holds, report(audited)).toBe(true);
  expect(audited.findings.tallies.reversals.looked).toBeGreaterThan(0);
  expect(await site.call('GET', `${site.path}/cases`)).toEqual({ cases: [] });
}

test('sold at one box, reversed at the other, once', async () => {
  const { chip, sale } = await sold(1);
  expect(await reverse(two, chip, sale)).toMatchObject({
    outcome: 'approved',
    amountMinor: -500,
    balanceMinor: 2_000,
  });
  await level();
  expect(await reverse(one, chip, sale)).toMatchObject({ outcome: 'declined', reason: 'reversal-done' });
  expect(await reverse(two, chip, sale)).toMatchObject({ outcome: 'declined', reason: 'reversal-done' });
  await expectInOrder();
}, 90_000);

test('while the box that sold is cut off the other says so, and the sale is reversed where it was made', async () => {
  const { chip, sale } = await sold(2);
  one.cable.cut();
  await vi.waitFor(() => expect(one.box.sync.cutOffSinceMs()).not.toBeNull(), SYNCED);
  // The cloud has heard it just now, and takes it for connected: it waits, and then the till is told.
  expect(await reverse(two, chip, sale, 2_000)).toMatchObject({
    outcome: 'declined',
    reason: 'reversal-waiting',
  });
  expect(await reverse(one, chip, sale)).toMatchObject({ outcome: 'approved', balanceMinor: 2_000 });
  one.cable.mend();
  await level();
  expect(await reverse(two, chip, sale)).toMatchObject({ outcome: 'declined', reason: 'reversal-done' });
  await expectInOrder();
}, 90_000);

test('interrupted at the other box, it is finished there after a restart and without the cloud', async () => {
  const { chip, sale } = await sold(3);
  const request = { tapId: randomUUID() as TapId, ...actor, ofTapId: sale };
  two.reader.arm(tearAtByte(6));
  void two.till.ask('reverse', request).catch(() => undefined);
  await two.reader.present(chip);
  await vi.waitFor(() => expect(two.box.journal.views.pendingCount()).toBe(1), SYNCED);
  await two.restart();
  two.cable.cut();
  await vi.waitFor(() => expect(two.box.sync.cutOffSinceMs()).not.toBeNull(), SYNCED);
  await two.reader.present(chip);
  expect(await two.till.ask('reverse', request)).toMatchObject({ outcome: 'approved', balanceMinor: 2_000 });
  await two.reader.remove();
  expect(await reverse(two, chip, sale)).toMatchObject({ reason: 'reversal-done' });
  two.cable.mend();
  expect(await reverse(one, chip, sale)).toMatchObject({ reason: expect.stringMatching(/^reversal-/) });
  await expectInOrder();
}, 90_000);
