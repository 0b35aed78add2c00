/** What the holder of a till's certificate tries on, each by a hand-picked strike: it hurts nobody at any other till. */
import { expect, it } from 'vitest';
import { byHand } from '../../../test/rehearsal/by-hand.ts';
import { rehearse } from '../rehearse.ts';
import { PROFILES } from '../setting.ts';
import { stolenTill } from './stolen-till.ts';

const [HONEST, STOLEN] = [0, 1];
const BEER_MINOR = 600;

it.each(['cancel', 'result', 'charge', 'topup', 'reversal', 'payment'] as const)(
  'asks for %s under the id of the tap at another till, and neither ends it nor hears what it came to',
  async ask => {
    for (const behindMs of [100, 500, 5_000]) {
      const ended = await byHand(async hand => {
        const guest = await hand.guest();
        await hand.topUp(guest, 5_000, HONEST);
        const about = [{ ask, behindMs }];
        await hand.strike(stolenTill, { post: STOLEN, how: 'ids-of-others', luck: 1, forMs: 60_000, about });
        // Pulled away in the midst of its write, it lies there again once the till has asked for it.
        hand.site.posts[HONEST]?.reader.arm({ kind: 'tear', atWrite: 2, programmed: 1, weakReads: 0 });
        expect(await hand.buy(guest, 1, HONEST)).toMatchObject({
          outcome: 'approved',
          balanceMinor: 5_000 - BEER_MINOR,
        });
        await hand.pass(10_000);
      });
      expect(ended.findings).toEqual([]);
      expect(ended.rows.cases).toEqual([]);
    }
  },
);

it.each(['junk', 'flood'] as const)('sends a %s, and other tills serve their guests meanwhile', async how => {
  const ended = await byHand(async hand => {
    const guest = await hand.guest();
    await hand.strike(stolenTill, { post: STOLEN, how, luck: 1, forMs: 5_000, about: [] });
    await hand.topUp(guest, 5_000, HONEST);
    expect(await hand.buy(guest, 1, HONEST)).toMatchObject({ outcome: 'approved' });
    await hand.pass(10_000);
  });
  expect(ended.findings).toEqual([]);
  expect(ended.rows.cases).toEqual([]);
});

it('books a top-up whose cash an operator pockets as missing from the drawer of that till', async () => {
  const ended = await byHand(async hand => {
    const friend = await hand.guest();
    const [till, post] = [hand.site.tills[STOLEN], hand.site.posts[STOLEN]];
    if (till === undefined || post === undefined) throw new RangeError('There is no such till.');
    const [operator] = hand.site.festival.plan.staff;
    await till.open({ operator: operator?.id ?? '', floatMinor: 0 });
    await hand.topUp(friend, 5_000, STOLEN);
    post.drawer.minor -= 5_000;
    await till.close(0);
  });
  const shifts = [...ended.notebook.cloud.entries.values()].flatMap(({ read }) =>
    read?.kind === 'shift-closed' ? [read] : [],
  );
  expect(shifts).toMatchObject([{ till: 'bar-1-2', countedMinor: 0, expectedMinor: 5_000 }]);
  expect(ended.rows.balances).toMatchObject({ unattributed: 5_000 });
  expect(ended.findings.map(({ what }) => what)).toContainEqual(
    expect.stringContaining('what drawers were over and short come to 0, and the books say 5000'),
  );
});

it('shows an auditor an evening of such thieves in which nothing is wrong, the same each time', async () => {
  const setting = { ...PROFILES.attack, rates: { 'stolen-till': 4, 'torn-chip': 4 } };
  const outcome = await rehearse(1, setting);
  expect(outcome.findings).toEqual([]);
  expect(outcome.strikes['stolen-till']).toBeGreaterThan(0);
  expect(await rehearse(1, setting)).toEqual(outcome);
});
