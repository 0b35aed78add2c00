/** Online credit and blocks, through HTTP and as boxes see them. */
import type { ChipUid, WalletId } from '@pulsera/firmware-protocol/ids';
import { creditsToLoad } from '@pulsera/firmware-protocol/purse/rules';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Chip } from '../../test/chip.ts';
import { testEvent } from '../../test/event.ts';
import { buy } from '../../test/journal-box.ts';
import { holdLock, waitingForLocks } from '../../test/locks.ts';
import type { Sender } from '../../test/sending.ts';

const event = testEvent();
let box: Sender;
let chip: Chip;

beforeEach(async () => {
  box = await event.box();
  chip = await event.wristband();
});

const credit = (body: unknown, wallet = chip.wallet) => event.credit(wallet, body);

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
    expect(await event.cloudEntries(box, 1)).toMatchObject([
      {
        kind: 'credited',
        body: { number: 1, mainMinor: 2000, bonusMinor: 500, source: 'online', reference: 'pay-1' },
      },
      { kind: 'credited', body: { number: 2, mainMinor: 300, bonusMinor: 0 } },
    ]);
    expect((await event.get('balances')).body).toEqual({
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

  test('a payment told twice before the first could be looked up gets the same answer twice', async () => {
    const payment = { mainMinor: 100, reference: 'pay-1' };
    const journal = 'SELECT 1 FROM journal_head WHERE event_id = $1 AND box_id = 0 FOR UPDATE';
    const both = await (async () => {
      const { database } = event.cloud;
      await using _held = await holdLock(database, journal, [event.festival.eventId]);
      const asked = [credit(payment), credit(payment)];
      await waitingForLocks(database, 2);
      return asked;
    })();
    const once = { status: 200, body: { generation: 1, number: 1, cloudSeq: 2 } };
    expect(await Promise.all(both)).toMatchObject([once, once]);
  });

  test('an unknown wallet, nothing, and a 256th credit are refused', async () => {
    expect(await credit({ mainMinor: 1, reference: 'x' }, 'f'.repeat(16) as WalletId)).toMatchObject({
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
    await event.send(box);
    expect(await event.wallet(chip)).toMatchObject({
      mainMinor: 1500,
      chips: [{ image: { balanceMinor: 1500, creditNumber: 1 } }],
    });
    expect(await event.cases()).toEqual([]);

    const invented = creditsToLoad(chip.current().image, [{ number: 2, mainMinor: 9000, bonusMinor: 0 }]);
    if (!invented) throw new Error('nothing to load');
    box.journal.tap(chip, [invented]);
    await event.send(box);
    expect(await event.cases()).toMatchObject([{ kind: 'entry-inconsistent', detail: { flaws: 'credits' } }]);
  });
});

describe('blocking', () => {
  test('a wristband is blocked once, and boxes are told', async () => {
    const block = () => event.block(chip, 'lost');
    expect(await block()).toMatchObject({ status: 200, body: { cloudSeq: 2, already: false } });
    expect(await block()).toMatchObject({ status: 200, body: { cloudSeq: 2, already: true } });
    expect(await event.cloudEntries(box, 1)).toMatchObject([
      { kind: 'blocked', body: { uid: chip.uid, wallet: chip.wallet, generation: 1, reason: 'lost' } },
    ]);
    expect(await event.wallet(chip)).toMatchObject({ chips: [{ blocked: true }] });
  });

  test('an unknown wristband is refused', async () => {
    expect(await event.block({ uid: '04ffffffffffff' as ChipUid }, 'lost')).toMatchObject({
      status: 404,
      body: { code: 'wristband-unknown' },
    });
  });
});

test('the cloud’s journal is pulled by cursor, any part of it under a head of its own', async () => {
  for (let i = 1; i <= 5; i++) await credit({ mainMinor: i, reference: `pay-${i}` });
  expect((await event.cloudEntries(box, 0, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
  expect((await event.cloudEntries(box, 2, 3)).map(({ seq }) => seq)).toEqual([3, 4, 5]);
  expect(await event.cloudEntries(box, 6)).toEqual([]);
  expect(await event.cloudEntries(box, 99)).toEqual([]);
});
