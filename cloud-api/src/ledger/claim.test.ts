/** A box may journal taps of a chip that isn't there, under any wallet it likes: what such a claim can't do. */
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { buy } from '../../test/journal-box.ts';
import { register, type Sender, sendBatch, sender } from '../../test/sending.ts';

let cloud: TestCloud;
let festival: Festival;
let box: Sender;
let owner: Chip;
let chipNumber = 0;
beforeAll(async () => {
  cloud = await testCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(async () => {
  festival = await createFestival(cloud);
  box = await sender(cloud, festival);
  owner = new Chip(++chipNumber);
  await register(cloud, festival, [owner]);
});

const claiming = (wallet = owner.wallet) => new Chip(++chipNumber, 5000, 200, wallet);
const tapped = async (chip: Chip) => {
  box.journal.tap(chip, [buy(1, 300)]);
  expect(await sendBatch(cloud, box, box.journal.batch())).toMatchObject({ status: 200 });
};
const credit = (wallet = owner.wallet, reference = 'pay-1') =>
  cloud.call('POST', `${festival.path}/wallets/${wallet}/credits`, { body: { mainMinor: 700, reference } });
const replace = (to: Chip) =>
  cloud.call('POST', `${festival.path}/wallets/${owner.wallet}/replacement`, {
    body: { toUid: to.uid, keySet: 1, ageClass: 18, rootImage: Buffer.from(to.root).toString('hex') },
  });
const kinds = async () => {
  const { body } = await cloud.call('GET', `${festival.path}/cases`);
  const found = z.object({ cases: z.array(z.object({ kind: z.string(), uid: z.string().nullable() })) });
  return found.parse(body).cases;
};
const blocks = async () => {
  const response = await fetch(`${cloud.url}/v1/edge/cloud-journal`, {
    headers: { authorization: `Bearer ${box.enrolled.token}` },
  });
  const entries = decodeBatch(new Uint8Array(await response.arrayBuffer())).contents.map(decodeEntry);
  return entries.flatMap(({ kind, body }) => (kind === 'blocked' ? [body] : []));
};

test('credits go on to the wristband that was registered, and the claim is a case', async () => {
  const stranger = claiming();
  await tapped(stranger);
  expect(await kinds()).toEqual([{ kind: 'wallet-claimed', uid: stranger.uid }]);
  expect(await credit()).toMatchObject({ status: 200, body: { generation: 1, number: 1 } });
  expect((await cloud.call('GET', `${festival.path}/wallets/${owner.wallet}`)).body).toMatchObject({
    chips: [
      { uid: owner.uid, generation: 1, registered: true },
      { uid: stranger.uid, generation: 200, registered: false },
    ],
  });
  await tapped(stranger);
  expect(await kinds(), 'once').toHaveLength(1);
});

test('a replacement follows the wristband that was registered, whatever else claims the wallet', async () => {
  await tapped(claiming());
  await tapped(new Chip(++chipNumber, 5000, 255, owner.wallet));
  const to = new Chip(++chipNumber, 0, 2, owner.wallet);
  expect(await replace(to)).toMatchObject({ status: 200, body: { generation: 2 } });
  expect(await credit()).toMatchObject({ body: { generation: 2 } });
});

test('a claim is no replacement that was made before', async () => {
  const stranger = new Chip(++chipNumber, 5000, 2, owner.wallet);
  await tapped(stranger);
  const to = new Chip(++chipNumber, 0, 2, owner.wallet);
  expect(await replace(to)).toMatchObject({ status: 200, body: { generation: 2 } });
  expect(await replace(stranger)).toMatchObject({ status: 409, body: { code: 'replacement-conflict' } });
});

test('a claim that forks, or starts from a forged image, blocks nobody: a block would name the owner’s wallet', async () => {
  const stranger = claiming();
  // Generation 1, as the owner's: boxes block by wallet and generation.
  const twin = new Chip(++chipNumber, 5000, 1, owner.wallet);
  const clone = twin.copy();
  await tapped(twin);
  await tapped(clone);
  await tapped(stranger);
  await cloud.call('POST', `${festival.path}/journals/complete`);
  expect((await kinds()).map(({ kind }) => kind).sort()).toEqual([
    'forgery',
    'forgery',
    'forgery',
    'fork',
    'wallet-claimed',
    'wallet-claimed',
  ]);
  expect(await blocks()).toEqual([]);
  const block = await cloud.call('POST', `${festival.path}/wristbands/${twin.uid}/block`, {
    body: { reason: 'staff' },
  });
  expect(block).toMatchObject({ status: 404, body: { code: 'wristband-unknown' } });
});

test('a chip with a wallet that nobody knows is kept, credited and replaced as it says; it is a case once the wallet is another’s', async () => {
  const empty = new Chip(++chipNumber, 0, 3, new Chip(++chipNumber).wallet);
  const stranger = claiming(empty.wallet);
  await tapped(stranger);
  expect(await kinds()).toEqual([]);
  expect(await credit(stranger.wallet, 'pay-2')).toMatchObject({ status: 200, body: { generation: 200 } });
  await register(cloud, festival, [empty]);
  expect(await kinds()).toEqual([{ kind: 'wallet-claimed', uid: stranger.uid }]);
  expect(await credit(stranger.wallet, 'pay-3')).toMatchObject({ status: 200, body: { generation: 3 } });
});
