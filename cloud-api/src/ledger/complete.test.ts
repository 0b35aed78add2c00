/** Once staff say that all journals are in: what was forged, and what only stands where nothing is booked from. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Chip } from '../../test/chip.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival } from '../../test/festival.ts';
import { buy, JournalBox, load } from '../../test/journal-box.ts';
import { register, type Sender, sendBatch, sender } from '../../test/sending.ts';

let cloud: TestCloud;
let festival: Festival;
let stolen: Sender;
let bar: Sender;
let chipNumber = 0;
beforeAll(async () => {
  cloud = await testCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(async () => {
  festival = await createFestival(cloud);
  stolen = await sender(cloud, festival);
  bar = await sender(cloud, festival);
});

const guest = async () => {
  const chip = new Chip(++chipNumber);
  await register(cloud, festival, [chip]);
  return chip;
};
const revoke = () => cloud.call('POST', `${festival.path}/edges/${stolen.enrolled.boxId}/revoke`);
const complete = async () => (await cloud.call('POST', `${festival.path}/journals/complete`)).body;
const Cases = z.object({
  cases: z.array(z.looseObject({ kind: z.string(), lossBoundMinor: z.int().nullable() })),
});
const cases = async () => Cases.parse((await cloud.call('GET', `${festival.path}/cases`)).body).cases;
const isBlocked = async ({ wallet }: Chip) => {
  const { body } = await cloud.call('GET', `${festival.path}/wallets/${wallet}`);
  return z.looseObject({ chips: z.array(z.looseObject({ blocked: z.boolean() })) }).parse(body).chips[0]
    ?.blocked;
};

test('a guest who topped up at a revoked box is no forger: its journal stands in quarantine and says so', async () => {
  const chip = await guest();
  const another = await guest();
  await revoke();
  stolen.journal.tap(chip, [load(2000)]);
  stolen.journal.tap(another, [load(900)]);
  bar.journal.tap(chip, [buy(1, 300)]);
  expect(await sendBatch(cloud, stolen, stolen.journal.batch())).toMatchObject({ status: 403 });
  await sendBatch(cloud, bar, bar.journal.batch());
  expect(await complete()).toEqual({ chips: 2, forged: 0, quarantined: 1 });
  expect(await isBlocked(chip)).toBe(false);
  // What was spent from images that nothing booked explains: all that this one held. The other was spent nowhere.
  expect(await cases()).toMatchObject([{ kind: 'journal-revoked', lossBoundMinor: 2000 }]);

  stolen.journal.tap(another, [load(1)]);
  await sendBatch(cloud, stolen, stolen.journal.batch(5));
  expect(await cases(), 'more of that journal changes no figure').toMatchObject([{ lossBoundMinor: 2000 }]);
  await complete();
  expect(await cases(), 'nor does asking again').toMatchObject([{ lossBoundMinor: 2000 }]);
});

test('so it is with the twin of a forked journal', async () => {
  const chip = await guest();
  stolen.journal.tap(await guest(), [load(100)]);
  await sendBatch(cloud, stolen, stolen.journal.batch());
  const twin = new JournalBox(stolen.journal.event, stolen.journal.box, 1, stolen.journal.sign);
  twin.tap(chip, [load(700)]);
  bar.journal.tap(chip, [buy(1, 300)]);
  await sendBatch(cloud, stolen, twin.batch());
  await sendBatch(cloud, bar, bar.journal.batch());
  expect(await complete()).toEqual({ chips: 2, forged: 0, quarantined: 1 });
  expect(await cases()).toMatchObject([{ kind: 'journal-forked', lossBoundMinor: 700 }]);
});

test('a quarantined journal vouches for what it wrote on that chip only, and for nothing else', async () => {
  const chip = await guest();
  const victim = await guest();
  await revoke();
  stolen.journal.tap(chip, [load(2000)]);
  // The same bytes on another chip: its MAC would not hold, so that no honest box takes it; a compromised one says it did.
  victim.slots = chip.slots;
  const odd = Object.assign(Object.create(Chip.prototype), { ...chip, slots: [...chip.slots] });
  const ref = bar.journal.begin(odd, [buy(1, 300)]);
  const entry = bar.journal.entries[(ref?.seq ?? 0) - 1];
  if (entry?.kind !== 'tap') throw new Error('no tap');
  const claim = new JournalBox(bar.journal.event, bar.journal.box, 1, bar.journal.sign);
  claim.append({ kind: 'tap', body: { ...entry.body, uid: victim.uid, wallet: victim.wallet } });
  await sendBatch(cloud, stolen, stolen.journal.batch());
  await sendBatch(cloud, bar, claim.batch());
  expect(await complete()).toEqual({ chips: 2, forged: 1, quarantined: 0 });
  expect((await cases()).map(({ kind }) => kind)).toContain('forgery');
});
