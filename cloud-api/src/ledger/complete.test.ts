/** Once staff say that all journals are in: what was forged, and what only stands where nothing is booked from. */
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Chip } from '../../test/chip.ts';
import { testEvent } from '../../test/event.ts';
import { buy, load } from '../../test/journal-box.ts';
import type { Sender } from '../../test/sending.ts';

const event = testEvent();
let stolen: Sender;
let bar: Sender;
beforeEach(async () => {
  stolen = await event.box();
  bar = await event.box();
});

const isBlocked = async (chip: Chip) =>
  z.looseObject({ chips: z.array(z.looseObject({ blocked: z.boolean() })) }).parse(await event.wallet(chip))
    .chips[0]?.blocked;

test('a guest who topped up at a revoked box is no forger: its journal stands in quarantine and says so', async () => {
  const chip = await event.wristband();
  const another = await event.wristband();
  await event.revoke(stolen);
  stolen.journal.tap(chip, [load(2000)]);
  stolen.journal.tap(another, [load(900)]);
  bar.journal.tap(chip, [buy(1, 300)]);
  expect(await event.send(stolen)).toMatchObject({ status: 403 });
  await event.send(bar);
  expect(await event.complete()).toEqual({ chips: 2, forged: 0, quarantined: 1 });
  expect(await isBlocked(chip)).toBe(false);
  // What was spent from images that nothing booked explains: all that this one held. The other was spent nowhere.
  expect(await event.cases()).toMatchObject([{ kind: 'journal-revoked', lossBoundMinor: 2000 }]);

  stolen.journal.tap(another, [load(1)]);
  await event.send(stolen, stolen.journal.batch(5));
  expect(await event.cases(), 'more of that journal changes no figure').toMatchObject([
    { lossBoundMinor: 2000 },
  ]);
  await event.complete();
  expect(await event.cases(), 'nor does asking again').toMatchObject([{ lossBoundMinor: 2000 }]);
});

test('so it is with the twin of a forked journal', async () => {
  const chip = await event.wristband();
  stolen.journal.tap(await event.wristband(), [load(100)]);
  await event.send(stolen);
  const twin = event.twin(stolen);
  twin.tap(chip, [load(700)]);
  bar.journal.tap(chip, [buy(1, 300)]);
  await event.send(stolen, twin.batch());
  await event.send(bar);
  expect(await event.complete()).toEqual({ chips: 2, forged: 0, quarantined: 1 });
  expect(await event.cases()).toMatchObject([{ kind: 'journal-forked', lossBoundMinor: 700 }]);
});

test('a quarantined journal vouches for what it wrote on that chip only, and for nothing else', async () => {
  const chip = await event.wristband();
  const victim = await event.wristband();
  await event.revoke(stolen);
  stolen.journal.tap(chip, [load(2000)]);
  // The same bytes on another chip: its MAC would not hold, so that no honest box takes it; a compromised one says it did.
  victim.slots = chip.slots;
  const odd = Object.assign(Object.create(Chip.prototype), { ...chip, slots: [...chip.slots] });
  const ref = bar.journal.begin(odd, [buy(1, 300)]);
  const entry = bar.journal.entries[(ref?.seq ?? 0) - 1];
  if (entry?.kind !== 'tap') throw new Error('no tap');
  const claim = event.twin(bar);
  claim.append({ kind: 'tap', body: { ...entry.body, uid: victim.uid, wallet: victim.wallet } });
  await event.send(stolen);
  await event.send(bar, claim.batch());
  expect(await event.complete()).toEqual({ chips: 2, forged: 1, quarantined: 0 });
  expect((await event.cases()).map(({ kind }) => kind)).toContain('forgery');
});

test('a forged image may load what was loaded before: its case says so', async () => {
  const chip = await event.wristband();
  await event.credit(chip.wallet, { mainMinor: 700, bonusMinor: 50, reference: 'pay-1' });
  // By no journal: with a stolen key set.
  event.twin(bar).begin(chip, [load(2000)]);
  bar.journal.tap(chip, [buy(1, 300)]);
  await event.send(bar);
  await event.complete();
  expect(await event.cases()).toMatchObject([{ kind: 'forgery', lossBoundMinor: 2000 + 750 }]);
});
