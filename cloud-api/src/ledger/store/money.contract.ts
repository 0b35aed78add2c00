/** What a store must do with credit lists, balances, and what is replaced or reversed. */
import type { BoxId, Generation, Seq, WalletId } from '@pulsera/firmware-protocol/ids';
import { type Account, accounts } from '@pulsera/firmware-protocol/money/account';
import { describe, expect, test } from 'vitest';
import { refText } from '../chip-state.ts';
import { BOX, CLOUD, chip, credit, ref, uidOf, walletOf } from './sample.contract.ts';
import type { Within } from './store.contract.ts';

export function moneyContract(within: Within): void {
  describe('credit lists', () => {
    test('end with the newest registered wristband, or with what is claimed where none is', async () => {
      const [one, two, three] = [1, 2, 3].map(walletOf) as [WalletId, WalletId, WalletId];
      const ends = await within(async ({ chips, credits }) => {
        await chips.register([chip(1), chip(2)]);
        await chips.meet([
          chip(11, { wallet: one, generation: 5 as Generation }),
          chip(3, { generation: 4 as Generation }),
        ]);
        await credits.add([credit(1, 1), credit(1, 2)]);
        return credits.ends([one, two, three, walletOf(9)]);
      });
      expect(Object.fromEntries(ends)).toEqual({
        [one]: { generation: 1, number: 2 },
        [two]: { generation: 1, number: 0 },
        [three]: { generation: 4, number: 0 },
      });
    });

    test('are found by wallet, by generation and by reference, in order', async () => {
      const second = credit(1, 1, { generation: 2 as Generation, reference: 'x', source: 'given-back' });
      await within(({ credits }) => credits.add([credit(1, 2), second, credit(1, 1), credit(2, 1)]));
      const name = { wallet: walletOf(1), generation: 1 as Generation };
      const read = await within(async ({ credits }) => ({
        lists: await credits.lists([name, name]),
        none: await credits.lists([]),
        ofWallet: await credits.ofWallet(walletOf(1)),
        byReference: await credits.byReference([
          { source: 'given-back', reference: 'x' },
          { source: 'online', reference: 'x' },
        ]),
      }));
      expect(read).toEqual({
        lists: [credit(1, 1), credit(1, 2)],
        none: [],
        ofWallet: [credit(1, 1), credit(1, 2), second],
        byReference: [second],
      });
    });

    test.each([
      ['a number twice', credit(1, 1, { reference: 'other' })],
      ['a reference twice', credit(2, 1, { reference: credit(1, 1).reference })],
      ['a number that no wristband has room for', credit(1, 256)],
    ])('refuse %s', async (_, refused) => {
      await within(({ credits }) => credits.add([credit(1, 1)]));
      await expect(within(({ credits }) => credits.add([refused]))).rejects.toThrow();
      expect(await within(({ credits }) => credits.ofWallet(walletOf(1)))).toEqual([credit(1, 1)]);
    });
  });

  test('balances are summed over boxes and chips; what comes to nothing is left out', async () => {
    const wallet = accounts.walletMain(walletOf(1));
    const all = await within(async ({ balances, chips }) => {
      const of = (...lines: [Account, number][]) => new Map(lines);
      await balances.add(
        BOX.box,
        of([wallet, -500], [accounts.onlineClearing, 500], [accounts.promotion, 3]),
      );
      await balances.add(
        CLOUD.box,
        of([wallet, 100], [accounts.promotion, -3], [accounts.cashoutPayable, 0]),
      );
      await chips.register([chip(1, { mainMinor: -100, bonusMinor: 7 })]);
      const some = await balances.withoutChips([wallet, accounts.walletBonus(walletOf(1))]);
      return { all: await balances.all(), some: Object.fromEntries(some) };
    });
    expect(all.some).toEqual({ [wallet]: -400 });
    expect(all.all).toEqual([
      { account: accounts.onlineClearing, amountMinor: 500 },
      { account: accounts.walletBonus(walletOf(1)), amountMinor: 7 },
      { account: wallet, amountMinor: -500 },
    ]);
  });

  test('replacements are held until their balance has moved, each once', async () => {
    const replaced = (n: number, blockSeq: number) => ({
      ...chip(n),
      blockSeq: blockSeq as Seq,
      seq: 9 as Seq,
    });
    await within(async ({ replacements }) => {
      for (const each of [replaced(2, 6), replaced(1, 5), replaced(3, 8)]) await replacements.add(each);
    });
    const held = await within(({ replacements }) => replacements.held(6));
    expect(held.map(({ wallet }) => wallet)).toEqual([1, 2].map(walletOf));
    const [first] = held;
    if (!first) throw new Error('nothing is held');
    const moved = { mainMinor: 1, bonusMinor: 2, chipMainMinor: 3, chipBonusMinor: 4 };
    await within(({ replacements }) => replacements.saveMoved({ ...first, ...moved, seq: 1 as Seq }));
    const read = await within(async ({ replacements }) => ({
      held: (await replacements.held(6)).length,
      ofWallet: await replacements.ofWallet(walletOf(1)),
      moved: await replacements.moved([uidOf(1), uidOf(2)]),
    }));
    const after = { ...first, ...moved, state: 'moved' };
    expect(read).toEqual({ held: 1, ofWallet: [after], moved: [after] });
    const again = within(({ replacements }) => replacements.add(replaced(1, 5)));
    await expect(again).rejects.toMatchObject({ code: 'already-exists' });
  });

  test('reversals and rights are found by their sale; a right moves once at one place', async () => {
    const [sale, other] = [ref(3, 1), ref(3, 2)];
    const reversal = { sale, ref: ref(4, 8), uid: uidOf(1), amountMinor: 500, status: 'pending' as const };
    const moves = [
      { sale, seq: 9 as Seq, holder: 4 as BoxId },
      { sale, seq: 5 as Seq, holder: null },
    ];
    await within(async ({ reversals }) => {
      await reversals.note([reversal]);
      await reversals.note([{ ...reversal, status: 'posted', amountMinor: 1 }]);
      await reversals.moveRights(moves);
      await reversals.moveRights([]);
    });
    const read = await within(async ({ reversals }) => ({
      of: await reversals.of([sale, other]),
      rights: [...(await reversals.rights([sale, sale, other]))],
    }));
    const inOrder = moves.map(({ seq, holder }) => ({ seq, holder })).reverse();
    expect(read).toEqual({ of: [{ ...reversal, status: 'posted' }], rights: [[refText(sale), inOrder]] });
    const again = within(({ reversals }) => reversals.moveRights(moves));
    await expect(again).rejects.toMatchObject({ code: 'already-exists' });
  });
}
