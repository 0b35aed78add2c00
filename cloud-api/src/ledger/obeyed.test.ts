/** What journals say of how far their boxes obey the cloud. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { expect, test } from 'vitest';
import { testEvent } from '../../test/event.ts';
import { load } from '../../test/journal-box.ts';
import type { Sender } from '../../test/sending.ts';

const event = testEvent();

const obeyed = () =>
  event.cloud.cloud.store.within(event.festival.tenantId, event.festival.eventId, ({ boxes }) =>
    boxes.obeying(),
  );
const obeyedAt = async ({ enrolled }: Sender) =>
  (await obeyed()).find(({ box }) => box === enrolled.boxId)?.obeyedSeq;
const cursor = (seq: number) => ({ seq: seq as Seq, hash: new Uint8Array(32) });

test('a box obeys as far as the furthest cursor of its newest epoch, however its journal is cut', async () => {
  const box = await event.box();
  expect(await obeyedAt(box)).toBe(0);
  for (const seq of [3, 7, 5]) box.journal.append({ kind: 'cloud-cursor', body: cursor(seq) });
  await event.send(box, box.journal.batch(1, 1));
  expect(await obeyedAt(box)).toBe(3);
  await event.send(box, box.journal.batch(1, 3));
  expect(await obeyedAt(box)).toBe(7);

  const next = event.twin(box, 2);
  next.append({ kind: 'cloud-cursor', body: cursor(4) });
  await event.send(box, next.batch());
  expect(await obeyedAt(box), 'an old disk knows less').toBe(4);
});

test('in a new epoch a tap says how far its box obeys', async () => {
  const box = await event.box();
  const chip = await event.wristband();
  const next = event.twin(box, 2);
  next.cloudSeq = 6 as Seq;
  next.tap(chip, [load(100)]);
  await event.send(box, next.batch());
  expect(await obeyedAt(box)).toBe(6);
});

test('of a forked epoch nothing is believed, and a revoked box is left out', async () => {
  const box = await event.box();
  box.journal.append({ kind: 'cloud-cursor', body: cursor(9) });
  await event.send(box);
  const twin = event.twin(box);
  twin.append({ kind: 'cloud-cursor', body: cursor(2) });
  await event.send(box, twin.batch());
  expect(await obeyedAt(box)).toBe(0);
  await event.revoke(box);
  expect(await obeyedAt(box)).toBeUndefined();
});
