/** All or nothing, one after the other, each event for itself. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { accounts } from '@pulsera/firmware-protocol/money/account';
import { expect, test } from 'vitest';
import {
  BOX,
  batches,
  blocked,
  CLOUD,
  chip,
  credit,
  cursor,
  found,
  OTHER_BOX,
  ref,
  rowOf,
  setAside,
  uidOf,
  walletOf,
  wristband,
} from './sample.contract.ts';
import type { Place, StoreRig, Within } from './store.contract.ts';
import type { Ledger } from './store.ts';

export function transactionsContract(within: Within, rig: () => StoreRig, at: () => Place): void {
  /** Something of everything that is kept. */
  const fill = async (ledger: Ledger) => {
    await ledger.wristbands.add([wristband(1)], 1000);
    await ledger.chips.register([chip(1, { mainMinor: -5, bonusMinor: -2 })]);
    await ledger.chips.meet([chip(2)]);
    const head = await ledger.journals.lock(CLOUD);
    await ledger.journals.append(CLOUD, 1 as Seq, [rowOf(blocked(1), 1)]);
    await ledger.journals.saveHead(CLOUD, { ...head, seq: 1 as Seq });
    await ledger.balances.add(BOX.box, new Map([[accounts.onlineClearing, 7]]));
    await ledger.credits.add([credit(1, 1)]);
    await ledger.cases.file([found('a')], 1000);
    await ledger.replacements.add({ ...chip(1), blockSeq: 1 as Seq, seq: 1 as Seq });
    await ledger.reversals.note([
      { sale: ref(3, 1), ref: ref(3, 2), uid: uidOf(1), amountMinor: 5, status: 'posted' },
    ]);
    await ledger.reversals.moveRights([{ sale: ref(3, 1), seq: 1 as Seq, holder: null }]);
    await ledger.boxes.noteHeard(BOX.box, 1000);
    await ledger.quarantine.keep(setAside(1));
  };

  const everything = async (ledger: Ledger) => ({
    wristbands: await ledger.wristbands.read([uidOf(1)]),
    chips: [...(await ledger.chips.read([uidOf(1), uidOf(2)], 'unlocked')).values()],
    heads: (await ledger.journals.heads()).map(({ box, epoch, seq }) => ({ box, epoch, seq })),
    entries: (await ledger.journals.after(CLOUD, 0 as Seq, 9)).length,
    about: (await ledger.journals.about([uidOf(1)])).length,
    balances: await ledger.balances.all(),
    credits: await ledger.credits.ofWallet(walletOf(1)),
    references: (await ledger.credits.byReference([credit(1, 1)])).length,
    cases: await ledger.cases.list(0, 9),
    replacements: await ledger.replacements.ofWallet(walletOf(1)),
    reversals: await ledger.reversals.of([ref(3, 1)]),
    rights: [...(await ledger.reversals.rights([ref(3, 1)])).keys()],
    boxes: await ledger.boxes.heard(),
    quarantine: (await batches(ledger)).length,
  });

  const NOTHING = {
    wristbands: [],
    chips: [],
    heads: [],
    entries: 0,
    about: 0,
    balances: [],
    credits: [],
    references: 0,
    cases: [],
    replacements: [],
    reversals: [],
    rights: [],
    boxes: [
      { box: 3, heardMs: null },
      { box: 4, heardMs: null },
    ],
    quarantine: 0,
  };

  test('a transaction that throws leaves nothing, and its work can be done again', async () => {
    const broken = within(async ledger => {
      await fill(ledger);
      throw new Error('the power went');
    });
    await expect(broken).rejects.toThrow('the power went');
    expect(await within(everything)).toEqual(NOTHING);
    await within(fill);
    const filled = await within(everything);
    for (const [what, rows] of Object.entries(filled)) expect(rows, what).not.toEqual(NOTHING[what as never]);
  });

  test('a change that is taken back leaves what was there before', async () => {
    await within(fill);
    const before = await within(everything);
    const broken = within(async ledger => {
      await ledger.chips.register([chip(1, { wallet: walletOf(9), mainMinor: 5 })]);
      await ledger.chips.block([uidOf(2)]);
      await ledger.balances.add(BOX.box, new Map([[accounts.onlineClearing, 1]]));
      await ledger.balances.add(BOX.box, new Map([[accounts.onlineClearing, 2]]));
      await ledger.cases.file([found('a', { lossBoundMinor: 9 }), found('b')], 2000);
      await ledger.replacements.saveMoved({
        ...(await ledger.replacements.held(9))[0],
        mainMinor: 1,
      } as never);
      await ledger.boxes.revoke(BOX.box, 2000);
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    expect(await within(everything)).toEqual(before);
    expect(await within(({ chips }) => chips.ofWallet(walletOf(9)))).toEqual([]);
    expect(await within(({ chips }) => chips.ofWallet(walletOf(1)))).toHaveLength(1);
  });

  test('transactions that add to one sum at the same time all count', async () => {
    const account = accounts.onlineClearing;
    const addOne = () => within(({ balances }) => balances.add(BOX.box, new Map([[account, 1]])));
    await Promise.all(Array.from({ length: 8 }, addOne));
    expect(await within(({ balances }) => balances.all())).toEqual([{ account, amountMinor: 8 }]);
  });

  test('whoever locks a journal waits for the other, and finds where it ended', async () => {
    const appendOne = () =>
      within(async ({ journals }) => {
        const end = await journals.lock(BOX);
        const seq = (end.seq + 1) as Seq;
        await journals.append(BOX, seq, [rowOf(cursor, seq)]);
        await journals.saveHead(BOX, { ...end, seq });
      });
    await Promise.all(Array.from({ length: 6 }, appendOne));
    expect(await within(({ journals }) => journals.heads())).toMatchObject([{ ...BOX, seq: 6 }]);
  });

  test.each([
    ['events of one tenant', () => at().tenantId],
    ['events and tenants', () => undefined],
  ])('%s know nothing of each other', async (_, tenant) => {
    await within(fill);
    const other = await rig().addEvent([BOX.box, OTHER_BOX], tenant());
    expect(await rig().store.within(other.tenantId, other.eventId, everything)).toEqual(NOTHING);
  });
}
