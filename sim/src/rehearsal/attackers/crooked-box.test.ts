import { expect, test } from 'vitest';
import { byHand } from '../../../test/rehearsal/by-hand.ts';
import { crookedBox } from './crooked-box.ts';

const STRIKE = { box: 0, entry: 2, at: 20, xor: 1, darkMs: 1_000 };

test.each(['changes', 'drops'] as const)(
  'an operator who %s an entry has a box that does not start, until its disk is as it was',
  async how => {
    const refusals: unknown[] = [];
    const { findings, rows } = await byHand(async hand => {
      hand.site.trace.listen(({ what, detail }) => {
        if (what === 'does not start') refusals.push(detail.code);
      });
      const guest = await hand.guest();
      await hand.topUp(guest, 5000);
      await hand.buy(guest, 1);
      await hand.strike(crookedBox, { ...STRIKE, how });
      hand.site.time.after(1_000, () => hand.site.boxes[0]?.start());
      await hand.pass(60_000);
      expect(await hand.buy(guest, 1)).toMatchObject({ outcome: 'approved', balanceMinor: 3800 });
    });
    expect(refusals).toEqual(['journal-damaged']);
    expect(findings).toEqual([]);
    expect(rows).toMatchObject({ cases: [], quarantined: [] });
  },
);

test('a box that signs another entry than it had sent is found by its fork, and its guests are blamed for nothing', async () => {
  const { findings, rows } = await byHand(async hand => {
    const [guest, other] = [await hand.guest(), await hand.guest()];
    await hand.topUp(guest, 5000);
    await hand.topUp(other, 2000, 2);
    await hand.pass();
    await hand.strike(crookedBox, { ...STRIKE, how: 'signs-anew' });
    expect(await hand.buy(guest, 1)).toMatchObject({ outcome: 'approved', balanceMinor: 4400 });
    await hand.pass(60_000);
    expect(hand.site.boxes[0]?.journal.epoch).toBe(2);
    expect(await hand.buy(other, 1)).toMatchObject({ outcome: 'approved', balanceMinor: 1400 });
  });
  expect(findings).toEqual([]);
  expect(rows.cases.map(({ kind, uid }) => ({ kind, uid }))).toEqual([{ kind: 'journal-forked', uid: null }]);
  expect(rows.quarantined).toContainEqual({ box: 1, epoch: 1 });
});
