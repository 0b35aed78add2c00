/** Online credit and blocks, through HTTP and as boxes see them. */
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { creditsToLoad } from '@pulsera/firmware-protocol/purse/rules';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { buy } from '../../test/journal-box.ts';
import { register, type Sender, sendBatch, sender } from '../../test/sending.ts';

let cloud: TestCloud;
let festival: Festival;
let box: Sender;
let chip: Chip;
let chipNumber = 0;

beforeAll(async () => {
  cloud = await testCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(async () => {
  festival = await createFestival(cloud);
  box = await sender(cloud, festival);
  chip = new Chip(++chipNumber);
  await register(cloud, festival, [chip]);
});

const credit = (body: unknown, wallet: string = chip.wallet) =>
  cloud.call('POST', `${festival.path}/wallets/${wallet}/credits`, { body });
const wallet = async () => (await cloud.call('GET', `${festival.path}/wallets/${chip.wallet}`)).body;
const cases = async () => (await cloud.call('GET', `${festival.path}/cases`)).body;
const cloudEntries = async (query = '') => {
  const response = await fetch(`${cloud.url}/v1/edge/cloud-journal?${query}`, {
    headers: { authorization: `Bearer ${box.enrolled.token}` },
  });
  if (response.status === 204) return [];
  return decodeBatch(new Uint8Array(await response.arrayBuffer())).contents.map(decodeEntry);
};

describe('online credit', () => {
  test('each payment is the next number of the wallet’s list, booked at once and told to boxes', async () => {
    const first = { mainMinor: 2000, bonusMinor: 500, reference: 'pay-1' };
    expect(await credit(first)).toMatchObject({
      status: 200,
      body: { generation: 1, number: 1, cloudSeq: 2 },
    });
    expect(await credit({ mainMinor: 300, reference: 'pay-2' })).toMatchObject({
      body: { number: 2, cloudSeq: 3 },
    });
    expect(await cloudEntries('after=1')).toMatchObject([
      {
        kind: 'credited',
        body: { number: 1, mainMinor: 2000, bonusMinor: 500, source: 'online', reference: 'pay-1' },
      },
      { kind: 'credited', body: { number: 2, mainMinor: 300, bonusMinor: 0 } },
    ]);
    expect((await cloud.call('GET', `${festival.path}/balances`)).body).toEqual({
      balances: [
        { account: 'online-clearing', amountMinor: 2300 },
        { account: 'promotion', amountMinor: 500 },
        { account: `wallet-bonus:${chip.wallet}`, amountMinor: -500 },
        { account: `wallet-main:${chip.wallet}`, amountMinor: -2300 },
      ],
    });
  });

  test('a payment told twice, also at the same time, is credited once; with other figures it is refused', async () => {
    const payment = { mainMinor: 100, bonusMinor: 0, reference: 'pay-1' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => credit(payment)));
    expect(answers.map(({ body }) => body)).toEqual(Array(4).fill({ generation: 1, number: 1, cloudSeq: 2 }));
    expect(await credit({ ...payment, mainMinor: 101 })).toMatchObject({
      status: 409,
      body: { code: 'credit-conflict' },
    });
  });

  test('an unknown wallet, nothing, and a 256th credit are refused', async () => {
    expect(await credit({ mainMinor: 1, reference: 'x' }, 'f'.repeat(16))).toMatchObject({
      status: 404,
      body: { code: 'wallet-unknown' },
    });
    expect(await credit({ mainMinor: 0, reference: 'x' })).toMatchObject({ status: 400 });
    expect(await credit({ mainMinor: -1, reference: 'x' })).toMatchObject({ status: 400 });
    for (let i = 1; i <= 255; i++) await credit({ mainMinor: 1, reference: `pay-${i}` });
    expect(await credit({ mainMinor: 1, reference: 'pay-256' })).toMatchObject({
      status: 409,
      body: { code: 'credit-list-full' },
    });
  });

  test('loading it moves nothing in the books; loading what the list does not have is a case', async () => {
    await credit({ mainMinor: 2000, reference: 'pay-1' });
    const list = [{ number: 1, mainMinor: 2000, bonusMinor: 0 }];
    const rule = creditsToLoad(chip.current().image, list);
    if (!rule) throw new Error('nothing to load');
    box.journal.tap(chip, [rule, buy(1, 300)]);
    await sendBatch(cloud, box, box.journal.batch());
    expect(await wallet()).toMatchObject({
      mainMinor: 1500,
      chips: [{ image: { balanceMinor: 1500, creditNumber: 1 } }],
    });
    expect(await cases()).toEqual({ cases: [] });

    const invented = creditsToLoad(chip.current().image, [{ number: 2, mainMinor: 9000, bonusMinor: 0 }]);
    if (!invented) throw new Error('nothing to load');
    box.journal.tap(chip, [invented]);
    await sendBatch(cloud, box, box.journal.batch());
    expect(await cases()).toMatchObject({
      cases: [{ kind: 'entry-inconsistent', detail: { flaws: 'credits' } }],
    });
  });
});

describe('blocking', () => {
  test('a wristband is blocked once, and boxes are told', async () => {
    const block = () =>
      cloud.call('POST', `${festival.path}/wristbands/${chip.uid}/block`, { body: { reason: 'lost' } });
    expect(await block()).toMatchObject({ status: 200, body: { cloudSeq: 2, already: false } });
    expect(await block()).toMatchObject({ status: 200, body: { cloudSeq: 2, already: true } });
    expect(await cloudEntries('after=1')).toMatchObject([
      { kind: 'blocked', body: { uid: chip.uid, wallet: chip.wallet, generation: 1, reason: 'lost' } },
    ]);
    expect(await wallet()).toMatchObject({ chips: [{ blocked: true }] });
  });

  test('an unknown wristband is refused', async () => {
    const answer = await cloud.call('POST', `${festival.path}/wristbands/04ffffffffffff/block`, {
      body: { reason: 'lost' },
    });
    expect(answer).toMatchObject({ status: 404, body: { code: 'wristband-unknown' } });
  });
});

test('the cloud’s journal is pulled by cursor, any part of it under a head of its own', async () => {
  for (let i = 1; i <= 5; i++) await credit({ mainMinor: i, reference: `pay-${i}` });
  expect((await cloudEntries('limit=2')).map(({ seq }) => seq)).toEqual([1, 2]);
  expect((await cloudEntries('after=2&limit=3')).map(({ seq }) => seq)).toEqual([3, 4, 5]);
  expect(await cloudEntries('after=6')).toEqual([]);
  expect(await cloudEntries('after=99')).toEqual([]);
});
