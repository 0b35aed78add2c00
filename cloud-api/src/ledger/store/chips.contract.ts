/** What a store must do with chips and wristbands. */
import type { Generation, KeySetNumber } from '@pulsera/firmware-protocol/ids';
import { describe, expect, test } from 'vitest';
import { chip, uidOf, walletOf, wristband } from './sample.contract.ts';
import type { Within } from './store.contract.ts';

export function chipsContract(within: Within): void {
  describe('chips', () => {
    test('are read in order, and those there are none of are left out', async () => {
      await within(({ chips }) => chips.register([chip(1), chip(3)]));
      const read = await within(({ chips }) => chips.read([uidOf(3), uidOf(2), uidOf(1)], 'locked'));
      expect([...read]).toEqual([1, 3].map(n => [uidOf(n), chip(n)]));
      expect(await within(({ chips }) => chips.page('', 1))).toEqual([uidOf(1)]);
      expect(await within(({ chips }) => chips.page(uidOf(1), 9))).toEqual([uidOf(3)]);
    });

    test('that were met stay as they are, and become what they are registered as; a block stays', async () => {
      await within(async ({ chips }) => {
        await chips.meet([chip(2), chip(1)]);
        await chips.save([chip(1, { mainMinor: -5 })]);
        await chips.meet([chip(1, { wallet: walletOf(7) })]);
        await chips.block([uidOf(1)]);
      });
      const met = await within(({ chips }) => chips.read([uidOf(1)], 'unlocked'));
      expect(met.get(uidOf(1))).toEqual(chip(1, { registered: false, blocked: true, mainMinor: -5 }));
      await within(({ chips }) =>
        chips.register([chip(1, { wallet: walletOf(8), generation: 2 as Generation })]),
      );
      const now = await within(({ chips }) => chips.ofWallet(walletOf(8)));
      expect(now).toEqual([chip(1, { wallet: walletOf(8), generation: 2 as Generation, blocked: true })]);
      expect(await within(({ chips }) => chips.ofWallet(walletOf(1)))).toEqual([]);
    });

    test('are saved by graph and sums alone, and only where there is one', async () => {
      await within(async ({ chips }) => {
        await chips.register([chip(1)]);
        await chips.save([
          chip(1, { wallet: walletOf(5), registered: false, blocked: true, mainMinor: 4, bonusMinor: -1 }),
          chip(2),
        ]);
      });
      const read = await within(({ chips }) => chips.read([uidOf(1), uidOf(2)], 'unlocked'));
      expect([...read.values()]).toEqual([chip(1, { mainMinor: 4, bonusMinor: -1 })]);
    });

    test('of a wallet come oldest first; who registered is told from who claims', async () => {
      const wallet = walletOf(1);
      await within(async ({ chips }) => {
        await chips.register([chip(1, { generation: 2 as Generation }), chip(4, { wallet })]);
        await chips.meet([chip(3, { wallet }), chip(2)]);
      });
      const uids = await within(async ({ chips }) => ({
        ofWallet: (await chips.ofWallet(wallet)).map(({ uid }) => uid),
        unregistered: (await chips.unregistered([wallet, wallet, walletOf(2)])).map(({ uid }) => uid),
        owned: [...(await chips.owned([wallet, walletOf(2), walletOf(9)]))],
      }));
      expect(uids).toEqual({
        ofWallet: [uidOf(3), uidOf(4), uidOf(1)],
        unregistered: [uidOf(2), uidOf(3)],
        owned: [wallet],
      });
    });
  });

  test('a wristband is taken once, by UID and by wallet and generation, under a key set that there is', async () => {
    const taken = await within(async ({ wristbands }) => {
      const first = await wristbands.add([wristband(1)], 1000);
      const later = [
        wristband(1, { wallet: walletOf(9) }),
        wristband(2, { wallet: walletOf(1) }),
        wristband(3),
      ];
      return [...first, ...(await wristbands.add(later, 2000))];
    });
    expect(taken).toEqual([uidOf(1), uidOf(3)]);
    expect(await within(({ wristbands }) => wristbands.read([uidOf(1), uidOf(2)]))).toEqual([wristband(1)]);
    const keyless = within(({ wristbands }) =>
      wristbands.add([wristband(4), wristband(5, { keySet: 9 as KeySetNumber })], 1000),
    );
    await expect(keyless).rejects.toMatchObject({ code: 'key-set-unknown' });
    expect(await within(({ wristbands }) => wristbands.read([uidOf(4)]))).toEqual([]);
  });
}
