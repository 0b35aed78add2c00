/** A box may journal taps of a chip that isn't there, under any wallet it likes: what such a claim can't do. */
import { beforeEach, expect, test } from 'vitest';
import type { Chip } from '../../test/chip.ts';
import { testEvent } from '../../test/event.ts';
import { buy } from '../../test/journal-box.ts';
import type { Sender } from '../../test/sending.ts';

const event = testEvent();
let box: Sender;
let owner: Chip;
beforeEach(async () => {
  box = await event.box();
  owner = await event.wristband();
});

const claiming = (wallet = owner.wallet) => event.stranger(5000, 200, wallet);
const tapped = async (chip: Chip) => {
  box.journal.tap(chip, [buy(1, 300)]);
  expect(await event.send(box)).toMatchObject({ status: 200 });
};
const credit = (wallet = owner.wallet, reference = 'pay-1') =>
  event.credit(wallet, { mainMinor: 700, reference });
const kinds = async () => (await event.cases()).map(({ kind, uid }) => ({ kind, uid }));

test('credits go on to the wristband that was registered, and the claim is a case', async () => {
  const stranger = claiming();
  await tapped(stranger);
  expect(await kinds()).toEqual([{ kind: 'wallet-claimed', uid: stranger.uid }]);
  expect(await credit()).toMatchObject({ status: 200, body: { generation: 1, number: 1 } });
  expect(await event.wallet(owner)).toMatchObject({
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
  await tapped(event.stranger(5000, 255, owner.wallet));
  const to = event.stranger(0, 2, owner.wallet);
  expect(await event.replace(to)).toMatchObject({ status: 200, body: { generation: 2 } });
  expect(await credit()).toMatchObject({ body: { generation: 2 } });
});

test('a claim is no replacement that was made before', async () => {
  const stranger = event.stranger(5000, 2, owner.wallet);
  await tapped(stranger);
  const to = event.stranger(0, 2, owner.wallet);
  expect(await event.replace(to)).toMatchObject({ status: 200, body: { generation: 2 } });
  expect(await event.replace(stranger)).toMatchObject({
    status: 409,
    body: { code: 'replacement-conflict' },
  });
});

test('a claim that forks, or starts from a forged image, blocks nobody: a block would name the owner’s wallet', async () => {
  const stranger = claiming();
  // Generation 1, as the owner's: boxes block by wallet and generation.
  const twin = event.stranger(5000, 1, owner.wallet);
  const clone = twin.copy();
  await tapped(twin);
  await tapped(clone);
  await tapped(stranger);
  await event.complete();
  expect((await kinds()).map(({ kind }) => kind).sort()).toEqual([
    'forgery',
    'forgery',
    'forgery',
    'fork',
    'wallet-claimed',
    'wallet-claimed',
  ]);
  expect((await event.cloudEntries(box)).filter(({ kind }) => kind === 'blocked')).toEqual([]);
  expect(await event.block(twin, 'staff')).toMatchObject({
    status: 404,
    body: { code: 'wristband-unknown' },
  });
});

test('a chip with a wallet that nobody knows is kept, credited and replaced as it says; it is a case once the wallet is another’s', async () => {
  const empty = event.stranger(0, 3, event.stranger().wallet);
  const stranger = claiming(empty.wallet);
  await tapped(stranger);
  expect(await kinds()).toEqual([]);
  expect(await credit(stranger.wallet, 'pay-2')).toMatchObject({ status: 200, body: { generation: 200 } });
  await event.register(empty);
  expect(await kinds()).toEqual([{ kind: 'wallet-claimed', uid: stranger.uid }]);
  expect(await credit(stranger.wallet, 'pay-3')).toMatchObject({ status: 200, body: { generation: 3 } });
});
