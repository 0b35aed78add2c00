/** Sums that nobody's single entry shows to be wrong, and what isn't at an end yet. */
import type { BoxId, Epoch, Seq, WalletId } from '@pulsera/firmware-protocol/ids';
import { encodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { imageFields } from '@pulsera/firmware-protocol/purse/image';
import { creditsToLoad } from '@pulsera/firmware-protocol/purse/rules';
import { encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { expect, test } from 'vitest';
import { buy, EVENT, exported, load, smallEvent, Wristband } from '../../test/small-event.ts';
import { bodyOf, change, expectNamed, find, findingsOf, one, text } from '../../test/tampering.ts';

test('a box that holds another cloud journal is found', async () => {
  const { event, places } = smallEvent();
  event.append(2, { kind: 'cloud-cursor', body: { seq: 1 as Seq, hash: new Uint8Array(32) } });
  expectNamed(await findingsOf(exported(event, places)), 'cursors', '2/1/');
});

test('a liability that no wristband carries is found, and one that a case names is not held against the event', async () => {
  const { event, places, chips } = smallEvent();
  const findings = await findingsOf(exported(event, places));
  // Carl's wristband forked: its case says so.
  expect(findings.tallies.liabilities).toMatchObject({ looked: 3, failed: 0, excused: 1 });
  const [, ben] = chips;
  if (!ben) throw new Error('no Ben');
  event.credit(ben, { number: 3, mainMinor: 10, bonusMinor: 0 }, 'online', 'payment-2');
  const items = exported(event, places);
  expect((await findingsOf(items)).holds).toBe(true);
  change(event, find(event, 0, 'credited', 3), 'credited', {
    postings: postings([accounts.onlineClearing, 11], [accounts.walletMain(ben.wallet), -11]),
  });
  expectNamed(await findingsOf(exported(event, places)), 'liabilities', ben.wallet);
  const stranger = '00112233445566ee' as WalletId;
  change(event, find(event, 0, 'credited', 3), 'credited', { wallet: stranger, number: 1, mainMinor: 11 });
  const strange = bodyOf(event, find(event, 0, 'credited', 3), 'credited');
  change(event, find(event, 0, 'credited', 3), 'credited', {
    ...strange,
    postings: postings([accounts.onlineClearing, 11], [accounts.walletMain(stranger), -11]),
  });
  expectNamed(await findingsOf(exported(event, places)), 'liabilities', 'no wristband');
});

test('cash in suspense that no open tap explains is found', async () => {
  const { event, places } = smallEvent();
  const { wallet, ...rest } = bodyOf(event, find(event, 0, 'credited'), 'credited');
  const lines = postings(
    [accounts.topupSuspense, 3_000],
    [accounts.promotion, 500],
    [accounts.walletMain(wallet), -3_000],
    [accounts.walletBonus(wallet), -500],
  );
  change(event, find(event, 0, 'credited'), 'credited', { ...rest, wallet, postings: lines });
  expectNamed(await findingsOf(exported(event, places)), 'in-between', 'topup-suspense');
});

test('what is still open is named, and fails once the event is closed', async () => {
  const { event, places, chips } = smallEvent();
  const [anna] = chips;
  if (!anna) throw new Error('no Anna');
  const open = event.tap(2, anna, [buy(1, 10)], { isDone: false, isKept: true });
  const items = exported(event, places).filter(([type]) => type !== 'balance');
  const abandoned = new Set([text(places.torn), text(places.lost)]);
  const statusOf = (ref: string) =>
    ref === text(places.lost)
      ? ('dropped' as const)
      : ref === text(open)
        ? ('pending' as const)
        : ('posted' as const);
  const balances = event
    .balances(statusOf, abandoned)
    .map(([account, amount]) => ['balance', account, amount]);
  items.splice(items.indexOf(one(items, 'case')), 0, ...balances);
  const running = await findingsOf(items);
  expect(running.holds).toBe(true);
  expect(running.tallies.settlements).toMatchObject({
    open: 1,
    opens: [expect.stringContaining(text(open))],
  });
  expectNamed(await findingsOf(items, true), 'settlements', text(open));
});

test('an image nobody wrote is open while a journal may be missing, and a failure once the event is closed', async () => {
  const { event, places, chips } = smallEvent();
  const [anna] = chips;
  if (!anna) throw new Error('no Anna');
  anna.slots = [anna.slots[0], anna.seal({ ...anna.current, counter: 21, balanceMinor: 9_000 })];
  anna.current = imageFields(anna.slots[1]);
  const forged = event.tap(1, anna, [buy(1, 10)]);
  const items = exported(event, places);
  const running = await findingsOf(items);
  expect(running.holds).toBe(true);
  expect(running.tallies.cases.opens.join()).toContain(text(forged));
  expectNamed(await findingsOf(items, true), 'cases', text(forged));
  items.push(['case', 2, 'forgery', anna.uid, [[1, 1, forged.seq]], '{}', 9_000, 1, 'open']);
  expect((await findingsOf(items)).tallies.cases).toMatchObject({ failed: 0, open: 0 });
});

test('what a forged image loads again its case excuses, and nothing else', async () => {
  const { event, places, chips } = smallEvent();
  const ben = chips[1];
  const [effect] = event.tapAt(places.creditLoad).effects;
  if (!ben || effect?.kind !== 'credit-load') throw new Error('no load');
  const counter = ben.current.counter + 1;
  const forged = { ...ben.current, counter, creditNumber: effect.from };
  ben.slots[counter % 2 === 0 ? 0 : 1] = ben.seal(forged);
  ben.current = forged;
  const load = creditsToLoad(forged, [{ ...effect, number: effect.to }]);
  if (!load) throw new Error('nothing to load');
  const again = event.tap(1, ben, [load]);
  const items = exported(event, places);
  expectNamed(await findingsOf(items), 'credit-loads', 'loaded by');
  items.push(['case', 2, 'forgery', ben.uid, [[1, 1, again.seq]], '{}', 9_000, 1, 'open']);
  expect((await findingsOf(items)).tallies['credit-loads']).toMatchObject({ failed: 0 });
});

test('an image that stands in a quarantined journal is no open end, and needs no case of its own', async () => {
  const { event, places, chips } = smallEvent();
  const [anna] = chips;
  if (!anna) throw new Error('no Anna');
  const entries = event.journals[2]?.length ?? 0;
  event.tap(2, anna, [load(9_000)]);
  const [draft] = event.journals[2]?.splice(entries) ?? [];
  const paid = event.tap(1, anna, [buy(1, 10)]);
  if (draft?.kind !== 'tap') throw new Error('no tap');
  const items = exported(event, places);
  expect((await findingsOf(items)).tallies.cases.opens.join()).toContain(text(paid));

  const entry = { seq: 90 as Seq, wallMs: 1, monoMs: 1, boot: 1, ...draft };
  const batch = encodeBatch({
    event: EVENT,
    box: 2 as BoxId,
    epoch: 1 as Epoch,
    fromSeq: entry.seq,
    before: new Uint8Array(32),
    contents: [encodeEntry(entry)],
    head: new Uint8Array(3),
  });
  items.splice(items.indexOf(one(items, 'balance')), 0, [
    'quarantine',
    2,
    1,
    90,
    'journal-revoked',
    1,
    batch,
  ]);
  items.push(['case', 2, 'journal-revoked', null, [[2, 1, 90]], '{}', 9_000, 1, 'open']);
  expect((await findingsOf(items, true)).tallies.cases).toMatchObject({ failed: 0, open: 0 });
});

test('a tap of a wristband that was never issued, under the wallet of one that was, needs its case', async () => {
  const { event, places, chips } = smallEvent();
  const [anna] = chips;
  if (!anna) throw new Error('no Anna');
  const other = new Wristband(77);
  const claiming = Object.assign(other, { wallet: anna.wallet });
  claiming.current = { ...other.current, balanceMinor: 5_000 };
  claiming.slots = [claiming.seal(claiming.current), new Uint8Array(20)];
  const tap = event.tap(1, claiming, [buy(1, 10)]);
  const items = exported(event, places);
  expectNamed(await findingsOf(items), 'cases', claiming.uid);
  items.push(['case', 2, 'wallet-claimed', claiming.uid, [[1, 1, tap.seq]], '{}', null, 1, 'open']);
  expect((await findingsOf(items)).tallies.cases).toMatchObject({ failed: 0 });
  items.push(['case', 3, 'wallet-claimed', anna.uid, [], '{}', null, 1, 'open']);
  expect((await findingsOf(items)).tallies.cases).toMatchObject({ failed: 1 });
});
