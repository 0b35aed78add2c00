import { expect, test } from 'vitest';
import { byHand } from '../../../test/rehearsal/by-hand.ts';
import { lyingTerminal } from './lying-terminal.ts';

test('a till that shows less than it takes is found at the next till, and by the books', async () => {
  let tapId = '';
  const { findings, rows, notebook } = await byHand(async hand => {
    const guest = await hand.guest();
    await hand.topUp(guest, 5000);
    await hand.strike(lyingTerminal, { post: 0, pieces: 2 });
    const lied = await hand.buy(guest, 1);
    expect(lied).toMatchObject({ outcome: 'approved', amountMinor: 600, balanceMinor: 4400 });
    tapId = 'tapId' in lied ? (lied.tapId ?? '') : '';
    // 600 were agreed to, 1800 taken.
    expect(await hand.buy(guest, 1, 2)).toMatchObject({ outcome: 'approved', balanceMinor: 2600 });
  });
  expect(findings).toEqual([]);
  expect(rows.cases).toEqual([]);
  expect(rows.balances).toMatchObject({ deposit: -400 });
  const [taken] = notebook.cloud.tapsOf(tapId);
  expect(taken?.read).toMatchObject({ till: 'bar-1-1', effects: [{ kind: 'purchase', totalMinor: 1800 }] });
});
