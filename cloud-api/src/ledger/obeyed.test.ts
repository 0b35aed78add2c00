/** What journals say of how far their boxes obey the cloud. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { JournalBox, load } from '../../test/journal-box.ts';
import { register, type Sender, sendBatch, sender } from '../../test/sending.ts';

let cloud: TestCloud;
let festival: Festival;
beforeAll(async () => {
  cloud = await testCloud();
  festival = await createFestival(cloud);
});
afterAll(() => cloud[Symbol.asyncDispose]());

const obeyed = () =>
  cloud.cloud.store.within(festival.tenantId, festival.eventId, ({ boxes }) => boxes.obeying());
const obeyedAt = async ({ enrolled }: Sender) =>
  (await obeyed()).find(({ box }) => box === enrolled.boxId)?.obeyedSeq;
const cursor = (seq: number) => ({ seq: seq as Seq, hash: new Uint8Array(32) });

test('a box obeys as far as the furthest cursor of its newest epoch, however its journal is cut', async () => {
  const box = await sender(cloud, festival);
  expect(await obeyedAt(box)).toBe(0);
  for (const seq of [3, 7, 5]) box.journal.append({ kind: 'cloud-cursor', body: cursor(seq) });
  await sendBatch(cloud, box, box.journal.batch(1, 1));
  expect(await obeyedAt(box)).toBe(3);
  await sendBatch(cloud, box, box.journal.batch(1, 3));
  expect(await obeyedAt(box)).toBe(7);

  const next = new JournalBox(box.journal.event, box.journal.box, 2, box.journal.sign);
  next.append({ kind: 'cloud-cursor', body: cursor(4) });
  await sendBatch(cloud, box, next.batch());
  expect(await obeyedAt(box), 'an old disk knows less').toBe(4);
});

test('in a new epoch a tap says how far its box obeys', async () => {
  const box = await sender(cloud, festival);
  const chip = new Chip(1);
  await register(cloud, festival, [chip]);
  const next = new JournalBox(box.journal.event, box.journal.box, 2, box.journal.sign);
  next.cloudSeq = 6 as Seq;
  next.tap(chip, [load(100)]);
  await sendBatch(cloud, box, next.batch());
  expect(await obeyedAt(box)).toBe(6);
});

test('of a forked epoch nothing is believed, and a revoked box is left out', async () => {
  const box = await sender(cloud, festival);
  box.journal.append({ kind: 'cloud-cursor', body: cursor(9) });
  await sendBatch(cloud, box, box.journal.batch());
  const twin = new JournalBox(box.journal.event, box.journal.box, 1, box.journal.sign);
  twin.append({ kind: 'cloud-cursor', body: cursor(2) });
  await sendBatch(cloud, box, twin.batch());
  expect(await obeyedAt(box)).toBe(0);
  await cloud.call('POST', `${festival.path}/edges/${box.enrolled.boxId}/revoke`);
  expect(await obeyedAt(box)).toBeUndefined();
});
