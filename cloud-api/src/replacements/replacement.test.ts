/** Replaced wristbands through HTTP, on a real PostgreSQL: what moves to the new one, when, and how often. */
import type { Generation, Seq } from '@pulsera/firmware-protocol/ids';
import { type Credit, creditsToLoad } from '@pulsera/firmware-protocol/purse/rules';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Chip } from '../../test/chip.ts';
import { testEvent } from '../../test/event.ts';
import { buy, type JournalBox, load } from '../../test/journal-box.ts';
import type { Sender } from '../../test/sending.ts';
import { rebuildGraphs } from '../ingest/load.ts';
import { releaseHeld } from './release.ts';

const event = testEvent();
let here: Sender;
let away: Sender;
let chip: Chip;

beforeEach(async () => {
  here = await event.box();
  away = await event.box();
  chip = await event.wristband();
});

const Answer = z.object({
  generation: z.int(),
  mainMinor: z.int(),
  bonusMinor: z.int(),
  held: z.object({ mainMinor: z.int(), bonusMinor: z.int(), boxes: z.array(z.int()) }).nullable(),
  blockSeq: z.int(),
  cloudSeq: z.int(),
});
const Listed = z.object({
  mainMinor: z.int(),
  bonusMinor: z.int(),
  held: z.array(z.looseObject({ generation: z.int(), mainMinor: z.int(), boxes: z.array(z.int()) })),
  credits: z.array(
    z.object({
      generation: z.int(),
      number: z.int(),
      mainMinor: z.int(),
      bonusMinor: z.int(),
      source: z.string(),
      reference: z.string(),
    }),
  ),
});
const replace = async (to: Chip) => Answer.parse((await event.replace(to)).body);
const wallet = async () => Listed.parse(await event.wallet(chip));
/** What the newest wristband has waiting for it. */
const waiting = async (generation: number) => {
  const { credits } = await wallet();
  return credits.filter(of => of.generation === generation).reduce((sum, of) => sum + of.mainMinor, 0);
};
const credit = (mainMinor: number, reference: string, bonusMinor = 0) =>
  event.credit(chip.wallet, { mainMinor, bonusMinor, reference });
const block = async () =>
  z.object({ cloudSeq: z.int() }).parse((await event.block(chip, 'lost')).body).cloudSeq;
const boxes = (...of: Sender[]) => of.map(({ enrolled }) => enrolled.boxId);

/** The wallet's next wristband, as a bench would make it. */
const nextChip = (generation = 2) => event.stranger(0, generation, chip.wallet);
/** All that is new since the last time. */
const sent = new WeakMap<JournalBox, number>();
async function sync(box: Sender): Promise<number> {
  const from = (sent.get(box.journal) ?? 0) + 1;
  const { status } = await event.send(box, box.journal.batch(from));
  sent.set(box.journal, box.journal.seq);
  return status;
}
const obey = (box: Sender, seq: number) =>
  box.journal.append({ kind: 'cloud-cursor', body: { seq: seq as Seq, hash: new Uint8Array(32) } });
const obeyAndSync = (box: Sender, seq: number) => {
  obey(box, seq);
  return sync(box);
};

async function topUp(amountMinor: number): Promise<void> {
  here.journal.tap(chip, [load(amountMinor)]);
  await sync(here);
}

describe('while a box may still spend the old wristband', () => {
  test('nothing moves, and everybody who asks is told what is held and which boxes it waits for', async () => {
    await topUp(5000);
    const answer = await replace(nextChip());
    const held = { mainMinor: 5000, bonusMinor: 0, boxes: boxes(here, away) };
    expect(answer).toMatchObject({ generation: 2, mainMinor: 0, bonusMinor: 0, held });
    expect(await wallet()).toMatchObject({ mainMinor: 5000, held: [{ generation: 1, ...held }] });
    expect(await waiting(2)).toBe(0);
    await obeyAndSync(here, answer.blockSeq);
    expect((await wallet()).held).toMatchObject([{ boxes: boxes(away) }]);
  });

  test('what it spent there is not given twice: the rest moves when its journal is in', async () => {
    await topUp(5000);
    away.journal.tap(chip, [buy(6, 300)]);
    const to = nextChip();
    const { blockSeq } = await replace(to);
    await obeyAndSync(here, blockSeq);
    await sync(away);
    expect(await waiting(2), 'its journal is in, but not past the block').toBe(0);
    await obeyAndSync(away, blockSeq - 1);
    expect(await waiting(2)).toBe(0);
    await obeyAndSync(away, blockSeq);
    expect(await wallet()).toMatchObject({ mainMinor: 2000, held: [] });
    expect((await wallet()).credits).toEqual([
      {
        generation: 2,
        number: 1,
        mainMinor: 2000,
        bonusMinor: 0,
        source: 'released',
        reference: `${chip.wallet}/1`,
      },
    ]);
    expect(await replace(to)).toMatchObject({ mainMinor: 2000, held: null, blockSeq });
    expect(await event.cases()).toEqual([]);
  });

  test('a tap that is open when the last box obeys is dropped for the guest', async () => {
    await topUp(3000);
    here.journal.tap(chip, [buy(1, 300)], 'kept');
    await sync(here);
    const { held, blockSeq } = await replace(nextChip());
    expect(held, 'the poorer outcome is promised').toMatchObject({ mainMinor: 2500 });
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    expect(await wallet()).toMatchObject({ mainMinor: 3000 });
    expect(await waiting(2)).toBe(3000);
    expect(await event.cases()).toEqual([]);
  });

  test('cash that was taken for an open top-up is given back, once', async () => {
    await topUp(3000);
    const torn = here.journal.tap(chip, [load(700)], 'kept');
    await sync(here);
    const { blockSeq } = await replace(nextChip());
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    expect(await wallet()).toMatchObject({ mainMinor: 3700 });
    expect(await waiting(2)).toBe(3700);
    // The till gives up only now, which the cloud has done for it.
    if (torn) here.journal.settle(torn, 'abandoned', 'none');
    await sync(here);
    expect(await waiting(2)).toBe(3700);
    const { body } = await event.get('balances');
    expect(JSON.stringify(body)).not.toContain('topup-suspense');
    expect(body).toMatchObject({
      balances: [
        { account: 'cash:bar-1', amountMinor: 3700 },
        { account: `wallet-main:${chip.wallet}`, amountMinor: -3700 },
      ],
    });
  });

  test('a box that never comes back is revoked, and what it held up moves', async () => {
    await topUp(5000);
    const { blockSeq } = await replace(nextChip());
    await obeyAndSync(here, blockSeq);
    expect(await waiting(2)).toBe(0);
    expect((await event.revoke(away)).status).toBe(200);
    expect(await waiting(2)).toBe(5000);
  });

  test('a box that went back to an old disk counts as far as that one obeys', async () => {
    await topUp(5000);
    const { blockSeq } = await replace(nextChip());
    await obeyAndSync(away, blockSeq);
    away = { ...away, journal: event.twin(away, 2) };
    await obeyAndSync(away, blockSeq - 1);
    await obeyAndSync(here, blockSeq);
    expect(await waiting(2)).toBe(0);
    away.journal.cloudSeq = blockSeq as Seq;
    away.journal.tap(event.stranger(), [load(1)]);
    await sync(away);
    expect(await waiting(2)).toBe(5000);
  });
});

describe('once no box may', () => {
  test('a wristband that was reported lost before is replaced with all it held, at once', async () => {
    await topUp(3000);
    await credit(700, 'pay-1', 40);
    const blockSeq = await block();
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    const to = nextChip();
    const answer = await replace(to);
    expect(answer).toMatchObject({ generation: 2, mainMinor: 3700, bonusMinor: 40, held: null, blockSeq });
    expect(answer.cloudSeq).toBeGreaterThan(blockSeq);
    expect(await replace(to)).toEqual(answer);
    expect(await wallet()).toMatchObject({
      mainMinor: 3700,
      bonusMinor: 40,
      held: [],
      credits: [
        { generation: 1, number: 1, source: 'online' },
        { generation: 2, number: 1, source: 'replacement', mainMinor: 3700, bonusMinor: 40 },
      ],
    });
    expect(await credit(5, 'pay-2')).toMatchObject({ body: { generation: 2, number: 2 } });
  });

  test('nothing is moved twice: not by a batch sent again, nor by several at once', async () => {
    await topUp(5000);
    const { blockSeq } = await replace(nextChip());
    for (const box of [here, away]) obey(box, blockSeq);
    const batches = [here, away].map(box => ({ box, bytes: box.journal.batch() }));
    const answers = await Promise.all(
      [...batches, ...batches, ...batches].map(({ box, bytes }) => event.send(box, bytes)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    for (const { box, bytes } of batches) await event.send(box, bytes);
    expect((await wallet()).credits).toMatchObject([{ mainMinor: 5000, source: 'released' }]);
  });

  test('a crash between a batch and what it lets go is made up for when the batch is sent again', async () => {
    await topUp(5000);
    const { blockSeq } = await replace(nextChip());
    await obeyAndSync(here, blockSeq);
    obey(away, blockSeq);
    const bytes = away.journal.batch();
    // The batch is in, as far as the database is concerned; nobody has answered it.
    await event.cloud.database.asOwner(
      `CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'crash' USING ERRCODE = '57P01'; END $$`,
    );
    await event.cloud.database.asOwner(
      'CREATE TRIGGER crash BEFORE UPDATE ON replacement EXECUTE FUNCTION crash()',
    );
    const crashed = await event.send(away, bytes);
    await event.cloud.database.asOwner('DROP TRIGGER crash ON replacement');
    await event.cloud.database.asOwner('DROP FUNCTION crash');
    expect(crashed.status).toBe(503);
    expect(await waiting(2)).toBe(0);
    expect((await wallet()).held).toMatchObject([{ mainMinor: 5000, boxes: [] }]);
    expect((await event.send(away, bytes)).status).toBe(200);
    expect(await waiting(2)).toBe(5000);
  });

  test('replaced once more meanwhile, it all ends in the newest list', async () => {
    await topUp(5000);
    await replace(nextChip(2));
    await credit(300, 'pay-1');
    const { blockSeq, held } = await replace(nextChip(3));
    expect(held).toMatchObject({ mainMinor: 300 });
    expect((await wallet()).held).toMatchObject([
      { generation: 1, mainMinor: 5000 },
      { generation: 2, mainMinor: 300 },
    ]);
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    expect(await waiting(3)).toBe(5300);
    expect(await wallet()).toMatchObject({ mainMinor: 5300, held: [] });
  });

  test('credits of the old list that were not loaded move too, and loaded ones only as what is left of them', async () => {
    const list: Credit[] = [
      { number: 1, mainMinor: 2000, bonusMinor: 500 },
      { number: 2, mainMinor: 300, bonusMinor: 0 },
    ];
    await credit(2000, 'pay-1', 500);
    const rule = creditsToLoad(chip.current().image, list.slice(0, 1));
    if (!rule) throw new Error('nothing to load');
    away.journal.tap(chip, [rule, buy(2, 300)]);
    await credit(300, 'pay-2');
    const { blockSeq } = await replace(nextChip());
    await sync(away);
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    expect((await wallet()).credits.at(-1)).toMatchObject({
      generation: 2,
      mainMinor: 1800,
      bonusMinor: 0,
      source: 'released',
    });
    expect(await wallet()).toMatchObject({ mainMinor: 1800, bonusMinor: 0 });
  });

  test('more than one credit can hold moves as several', async () => {
    const most = 0xff_ff_ff;
    for (let i = 1; i <= 3; i++) await credit(most, `pay-${i}`, i === 1 ? 7 : 0);
    const { blockSeq } = await replace(nextChip());
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    const { credits } = await wallet();
    expect(credits.filter(({ generation }) => generation === 2)).toMatchObject([
      { number: 1, mainMinor: most, bonusMinor: 7, reference: `${chip.wallet}/1` },
      { number: 2, mainMinor: most, bonusMinor: 0, reference: `${chip.wallet}/1/2` },
      { number: 3, mainMinor: most, bonusMinor: 0, reference: `${chip.wallet}/1/3` },
    ]);
  });

  test('a list that is full makes a case and nothing else, until the wristband is replaced once more', async () => {
    await topUp(5000);
    const { blockSeq } = await replace(nextChip(2));
    for (let i = 1; i <= 255; i++) await credit(1, `pay-${i}`);
    for (const box of [here, away]) expect(await obeyAndSync(box, blockSeq)).toBe(200);
    expect(await event.cases()).toMatchObject([{ kind: 'release-stuck', detail: { wallet: chip.wallet } }]);
    expect((await wallet()).held).toMatchObject([{ mainMinor: 5000, boxes: [] }]);
    const again = await replace(nextChip(3));
    for (const box of [here, away]) await obeyAndSync(box, again.blockSeq);
    expect(await waiting(3)).toBe(5255);
    expect(await wallet()).toMatchObject({ mainMinor: 5255, held: [] });
  });

  test('used all the same, by a box that was put back, it is a case with what that cost', async () => {
    await topUp(5000);
    const { blockSeq } = await replace(nextChip());
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    expect(await waiting(2)).toBe(5000);
    const old = event.twin(away, 2);
    old.tap(chip, [buy(1, 300)]);
    away = { ...away, journal: old };
    expect(await sync(away)).toBe(200);
    expect(await event.cases()).toMatchObject([
      {
        kind: 'replaced-chip-moved',
        subject: `${chip.wallet}/1`,
        uid: chip.uid,
        detail: { mainMinor: 500, bonusMinor: 0 },
        lossBoundMinor: 500,
      },
    ]);
    expect(await waiting(2), 'what was given stays').toBe(5000);
  });

  test('made anew from everything stored, the old chip’s graph says the same', async () => {
    await topUp(5000);
    here.journal.tap(chip, [buy(1, 300)], 'kept');
    await sync(here);
    const { blockSeq } = await replace(nextChip());
    for (const box of [here, away]) await obeyAndSync(box, blockSeq);
    const { whole } = await event.cloud.cloud.store.within(
      event.festival.tenantId,
      event.festival.eventId,
      ledger => rebuildGraphs(ledger, [chip.uid]),
    );
    expect(whole.get(chip.uid)?.writes).toMatchObject([
      { status: 'posted' },
      { status: 'dropped', toldDropped: true, abandoned: false },
    ]);
  });
});

test('another wallet’s wristband can’t replace this one, nor the first one itself', async () => {
  const other = await event.wristband();
  const taken = Object.assign(other.copy(), { wallet: chip.wallet, generation: 2 as Generation });
  expect(await event.replace(taken)).toMatchObject({ status: 409, body: { code: 'replacement-conflict' } });
  expect(await event.replace(chip)).toMatchObject({ status: 409, body: { code: 'replacement-conflict' } });
});

test('with nothing to let go, asking changes nothing', async () => {
  await releaseHeld(event.cloud.cloud, event.festival.tenantId, event.festival.eventId);
  expect(await event.cases()).toEqual([]);
});
