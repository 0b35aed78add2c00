/** What a revocation leaves in the cloud's journal, which every other box pulls and obeys. */
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { load } from '../../test/journal-box.ts';
import { register, type Sender, sendBatch, sender } from '../../test/sending.ts';

let cloud: TestCloud;
let festival: Festival;
let honest: Sender;
beforeAll(async () => {
  cloud = await testCloud();
  festival = await createFestival(cloud);
  honest = await sender(cloud, festival);
});
afterAll(() => cloud[Symbol.asyncDispose]());

const revoke = ({ enrolled }: Sender) =>
  cloud.call('POST', `${festival.path}/edges/${enrolled.boxId}/revoke`);

/** As another box reads it. */
async function told() {
  const response = await fetch(`${cloud.url}/v1/edge/cloud-journal?after=0`, {
    headers: { authorization: `Bearer ${honest.enrolled.token}` },
  });
  const entries = decodeBatch(new Uint8Array(await response.arrayBuffer())).contents.map(decodeEntry);
  return entries.filter(({ kind }) => kind === 'box-revoked').map(({ body }) => body);
}

test('the journal of a revoked box ends, for all boxes, where it had been taken; revoking again says nothing more', async () => {
  const stolen = await sender(cloud, festival);
  const chip = new Chip(1);
  await register(cloud, festival, [chip]);
  stolen.journal.tap(chip, [load(100)]);
  expect(await sendBatch(cloud, stolen, stolen.journal.batch())).toMatchObject({ status: 200 });
  await Promise.all([revoke(stolen), revoke(stolen), revoke(stolen)]);
  await revoke(stolen);
  const end = { box: stolen.enrolled.boxId, epoch: 1, seq: stolen.journal.seq };
  expect(await told()).toEqual([end]);

  stolen.journal.tap(chip, [load(900)]);
  await sendBatch(cloud, stolen, stolen.journal.batch(end.seq + 1));
  expect(await told()).toEqual([end]);
});

test('a box that never sent anything is revoked at the beginning of its journal', async () => {
  const unused = await sender(cloud, festival);
  await revoke(unused);
  expect((await told()).at(-1)).toEqual({ box: unused.enrolled.boxId, epoch: 1, seq: 0 });
});
