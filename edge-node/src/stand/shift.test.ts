import { accounts } from '@pulsera/firmware-protocol/money/account';
import { postings } from '@pulsera/firmware-protocol/money/posting';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fault } from '../../test/answers.ts';
import { type Ask, BAR, BAR_2, Bar, BOSS, requestNo, SELLER, shiftNo, tapNo } from '../../test/bar-sample.ts';
import { tapDraft } from '../../test/journal-sample.ts';

let bar: Bar;
beforeEach(() => {
  bar = new Bar();
});
afterEach(() => bar.close());

const noOne = { operator: null, shift: null };

describe('a shift', () => {
  const open = (n: number, shift = n): Ask<'shift'> => ({
    requestId: requestNo(n),
    action: 'open',
    shift: shiftNo(shift),
    operator: SELLER,
    floatMinor: 10_000,
  });
  const close = (n: number, countedMinor: number, shift = 1): Ask<'shift'> => ({
    requestId: requestNo(n),
    action: 'close',
    shift: shiftNo(shift),
    operator: SELLER,
    countedMinor,
  });

  it('ends with what should be in the drawer, also across a restart, and books the difference', async () => {
    const chip = await bar.band(1);
    await bar.topUp(1, chip, 700);
    expect(await bar.ask('shift', open(1))).toMatchObject({
      outcome: 'done',
      figures: { floatMinor: 10_000 },
    });
    await bar.topUp(2, chip, 5000);
    await bar.restart();
    await bar.withChip(chip, BAR, () =>
      bar.ask('cashout', { ...noOne, tapId: tapNo(3), amountMinor: 1500, shift: shiftNo(1) }),
    );
    await bar.ask('drawer-paid', { requestId: requestNo(9), tapId: tapNo(3), operator: SELLER });
    expect(await bar.ask('shift', close(2, 13_400))).toMatchObject({
      figures: { expectedMinor: 13_500, countedMinor: 13_400, differenceMinor: -100 },
    });
    expect(bar.books()).toMatchObject({ 'cash:bar-1': 700 + 5000 - 1500 - 100, unattributed: 100 });
    expect(await bar.ask('shift', close(3, 1))).toEqual(fault('shift-not-open'));
  });

  it('counts the cash whose entry is on its way to disk when it is closed, and not what comes after', async () => {
    await bar.ask('shift', open(1));
    const cash = (n: number, amountMinor: number) => {
      const effects = [{ kind: 'cash-topup' as const, amountMinor, tender: 'cash' as const }];
      const held = postings([accounts.cash(BAR), amountMinor], [accounts.topupSuspense, -amountMinor]);
      return bar.journal.append([tapDraft(n, { effects, held, posted: postings() })]);
    };
    const before = cash(1, 500);
    const closed = bar.ask('shift', close(2, 10_600));
    // Microtasks only: all three share one commit.
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await Promise.all([before, cash(2, 70)]);
    expect(await closed).toMatchObject({ figures: { expectedMinor: 10_500, differenceMinor: 100 } });
    expect(bar.story()).toEqual(['shift-opened', 'tap', 'shift-closed', 'tap']);
    expect(bar.books()).toMatchObject({ 'cash:bar-1': 500 + 100 + 70 });
  });

  it('asked to end again, also after a restart, says what it said, and an extended cap is extended once', async () => {
    const extension: Ask<'shift'> = {
      requestId: requestNo(7),
      action: 'extend-cap',
      approvedBy: BOSS,
      cap: 'box-offline',
      byMinor: 50,
    };
    await bar.ask('shift', open(1));
    const ended = await bar.ask('shift', close(2, 9990));
    const extended = await bar.ask('shift', extension);
    expect([ended, extended]).toMatchObject([
      { figures: { expectedMinor: 10_000, countedMinor: 9990, differenceMinor: -10 } },
      { figures: { byMinor: 50 } },
    ]);
    await bar.restart();
    expect(await bar.ask('shift', close(2, 9990))).toEqual(ended);
    expect(await bar.ask('shift', extension)).toEqual(extended);
    expect(await bar.ask('shift', { ...extension, byMinor: 60 })).toEqual(fault('request-id-reused'));
    expect(await bar.ask('shift', extension, BAR_2)).toEqual(fault('request-id-reused'));
    expect(bar.story()).toEqual(['shift-opened', 'shift-closed', 'cap-extended']);
    bar.journal.rebuild();
    expect(await bar.ask('shift', extension)).toEqual(extended);
  });

  it('is named by taps while it is open, and not another one or one that has ended', async () => {
    const chip = await bar.band(1, { balanceMinor: 2000 });
    await bar.ask('shift', open(1));
    expect(await bar.charge(1, undefined, { shift: shiftNo(2) })).toEqual(fault('shift-not-open'));
    expect(await bar.charge(2, chip, { shift: shiftNo(1) })).toMatchObject({ outcome: 'approved' });
    await bar.ask('shift', close(3, 10_000));
    await bar.ask('shift', open(4, 2));
    expect(await bar.charge(5, undefined, { shift: shiftNo(1) })).toEqual(fault('shift-not-open'));
  });

  it('asked to end twice at once ends once', async () => {
    await bar.ask('shift', open(1));
    const both = await Promise.all([bar.ask('shift', close(2, 10_000)), bar.ask('shift', close(3, 9000))]);
    expect(both).toEqual([expect.objectContaining({ outcome: 'done' }), fault('shift-not-open')]);
    expect(bar.story()).toEqual(['shift-opened', 'shift-closed']);
  });

  it('is one at a till, opened once however often it is asked for', async () => {
    await bar.ask('shift', open(1));
    expect(await bar.ask('shift', open(1))).toMatchObject({ outcome: 'done' });
    expect(await bar.ask('shift', open(2, 1))).toMatchObject({ outcome: 'done' });
    expect(await bar.ask('shift', open(3, 2))).toEqual(fault('shift-open-already'));
    expect(bar.story()).toEqual(['shift-opened']);
    expect(await bar.ask('shift', close(4, 10_000, 2))).toEqual(fault('shift-not-open'));
    expect(await bar.ask('shift', { ...open(5), operator: 'eve' } as never)).toEqual(
      fault('operator-unknown'),
    );
  });
});
