/** What a revocation leaves in the cloud's journal, which every other box pulls and obeys. */
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { JournalBox, load } from '../../test/journal-box.ts';
import { holdLock, waitingForLocks } from '../../test/locks.ts';
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

describe('a batch in flight while its box is revoked', () => {
  const cloudHead = 'SELECT 1 FROM journal_head WHERE event_id = $1 AND box_id = 0 FOR UPDATE';

  test.each([
    ['of the epoch that ends', 1],
    ['of an epoch that nobody has heard of yet', 2],
  ])('%s is set aside: nothing is booked behind what the revocation names', async (_name, epoch) => {
    const stolen = await sender(cloud, festival);
    const chip = new Chip(100 + epoch);
    await register(cloud, festival, [chip]);
    stolen.journal.tap(chip, [load(100)]);
    await sendBatch(cloud, stolen, stolen.journal.batch());
    const end = { box: stolen.enrolled.boxId, epoch: 1, seq: stolen.journal.seq };
    const journal =
      epoch === 1
        ? stolen.journal
        : new JournalBox(stolen.journal.event, stolen.journal.box, epoch, stolen.journal.sign);
    const from = journal.seq + 1;
    journal.tap(chip, [load(900)]);

    const { revoked, sent } = await inFlight();
    expect(await revoked).toMatchObject({ status: 200 });
    expect(await sent).toMatchObject({ status: 403, body: { code: 'journal-revoked' } });
    expect((await told()).at(-1)).toEqual(end);
    const { rows } = await cloud.database.asOwner(
      'SELECT sum(seq)::int AS seq FROM journal_head WHERE event_id = $1 AND box_id = $2',
      [festival.eventId, stolen.enrolled.boxId],
    );
    expect(rows).toEqual([{ seq: end.seq }]);

    /** The revocation has everything but its last lock when the batch is sent, whose session still holds. */
    async function inFlight() {
      await using _held = await holdLock(cloud.database, cloudHead, [festival.eventId]);
      const revoked = revoke(stolen);
      await waitingForLocks(cloud.database, 1);
      const sent = sendBatch(cloud, stolen, journal.batch(from));
      await Promise.race([waitingForLocks(cloud.database, 2), sent]);
      return { revoked, sent };
    }
  });

  test('that came first is booked, and the revocation names its end', async () => {
    const stolen = await sender(cloud, festival);
    const chip = new Chip(200);
    await register(cloud, festival, [chip]);
    stolen.journal.tap(chip, [load(100)]);
    const { revoked, sent } = await inFlight();
    expect(await sent).toMatchObject({ status: 200 });
    expect(await revoked).toMatchObject({ status: 200 });
    expect((await told()).at(-1)).toEqual({ box: stolen.enrolled.boxId, epoch: 1, seq: stolen.journal.seq });

    async function inFlight() {
      const thisChip = 'SELECT 1 FROM chip_state WHERE event_id = $1 AND uid = $2 FOR UPDATE';
      await using _held = await holdLock(cloud.database, thisChip, [festival.eventId, chip.uid]);
      const sent = sendBatch(cloud, stolen, stolen.journal.batch());
      await waitingForLocks(cloud.database, 1);
      const revoked = revoke(stolen);
      await waitingForLocks(cloud.database, 2);
      return { revoked, sent };
    }
  });
});
