/** What a fork can have cost at most, as staff see it: it shrinks while boxes come to obey the block. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { creditsToLoad, type Rule } from '@pulsera/firmware-protocol/purse/rules';
import { beforeEach, expect, test } from 'vitest';
import type { Chip } from '../../test/chip.ts';
import { testEvent } from '../../test/event.ts';
import { buy } from '../../test/journal-box.ts';
import type { Sender } from '../../test/sending.ts';
import { forkBoundMinor } from './fork-bound.ts';

const event = testEvent();
let bar: Sender;
let other: Sender;
let idle: Sender;
let chip: Chip;
beforeEach(async () => {
  bar = await event.box();
  other = await event.box();
  idle = await event.box();
  chip = await event.wristband(5000);
});

const fork = async () => {
  const clone = chip.copy();
  for (let i = 0; i < 2; i++) bar.journal.tap(chip, [buy(1, 550)]);
  other.journal.tap(clone, [buy(1, 300)]);
  await event.send(bar);
  await event.send(other);
};
const obey = (box: Sender, seq: number) => {
  box.journal.append({ kind: 'cloud-cursor', body: { seq: seq as Seq, hash: new Uint8Array(32) } });
  return event.send(box);
};
const found = async () => (await event.cases())[0];
const bound = async () => (await found())?.lossBoundMinor;
/** `issued` is the cloud's first entry, the block its next. */
const BLOCK = 2;

test('every box that has not obeyed the block yet may have sold against one more copy', async () => {
  await fork();
  // Taken for the worse: the branch that spent 1,500 and holds 3,500 is the copy; at each of three boxes 5,000 more may be gone.
  expect(await found()).toMatchObject({
    kind: 'fork',
    lossBoundMinor: 1500 + 3500 + 3 * 5000,
    detail: { spentMinor: 1500, leftMinor: 3500, perBoxMinor: 5000, boxesNotSynced: 3 },
  });
  await obey(bar, BLOCK - 1);
  expect(await bound(), 'a cursor before the block says nothing').toBe(20_000);
  await obey(bar, BLOCK);
  expect(await bound()).toBe(15_000);
  await obey(other, BLOCK + 5);
  expect(await bound()).toBe(10_000);
});

test('once all obey it what a copy still holds is lost to nobody', async () => {
  await fork();
  for (const box of [bar, other, idle]) await obey(box, BLOCK);
  expect(await found()).toMatchObject({ lossBoundMinor: 1500, detail: { boxesNotSynced: 0 } });
});

test('a revoked box is not waited for: what it sends from then on is booked nowhere', async () => {
  await fork();
  await event.revoke(idle);
  expect(await bound()).toBe(15_000);
});

test('credits that the copied image had not loaded could be loaded by every copy', async () => {
  await event.credit(chip.wallet, { mainMinor: 700, bonusMinor: 50, reference: 'pay-1' });
  await fork();
  expect(await found()).toMatchObject({
    lossBoundMinor: 1500 + 3500 + 3 * 5750,
    detail: { perBoxMinor: 5750 },
  });
});

test('what a copy loads and pays in one write counts as spent', async () => {
  await event.credit(chip.wallet, { mainMinor: 700, bonusMinor: 0, reference: 'pay-1' });
  const clone = chip.copy();
  const loading = creditsToLoad(chip.current().image, [{ number: 1, mainMinor: 700, bonusMinor: 0 }]);
  other.journal.tap(clone, [loading as Rule, buy(1, 900)]);
  bar.journal.tap(chip, [buy(1, 100)]);
  await event.send(bar);
  await event.send(other);
  for (const box of [bar, other, idle]) await obey(box, BLOCK + 1);
  expect(await bound()).toBe(1100);
  const { seq } = bar.journal;
  bar.journal.tap(chip, [buy(1, 50)]);
  await event.send(bar, bar.journal.batch(seq + 1));
  expect(await bound(), 'nor is it forgotten with a batch that loads nothing').toBe(1100);
});

test('the sum is what is known and a copy for each box, and nothing of what is left where no box is', () => {
  const known = { spentMinor: 30, leftMinor: 70 };
  expect(forkBoundMinor(known, 100, 0)).toBe(30);
  expect(forkBoundMinor(known, 100, 1)).toBe(200);
  expect(forkBoundMinor(known, 100, 3)).toBe(400);
});
